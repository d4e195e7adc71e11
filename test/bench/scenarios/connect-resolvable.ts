// From the TCP connect of a process that is up already to its being handed out over HTTP.

import type { Scenario } from '../scenario.ts'
import { Agent } from 'node:http'
import { startChild, startDaemon } from '../child.ts'
import { findFreePort } from '../free-port.ts'
import { askHttp, pollUntil, untilReady } from '../http-poll.ts'
import { atMost } from '../scenario.ts'
import { percentile } from '../statistics.ts'

export const connectResolvable: Scenario = {
  name: 'connect-resolvable',
  description: 'TCP connect of a process that is up -> handed out over HTTP',
  async run({ isQuick }) {
    const [port, httpPort] = [await findFreePort(), await findFreePort()]
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const daemon = startDaemon({ PORT: String(port), HTTP_PORT: String(httpPort) })
    await untilReady(agent, httpPort)
    const joiner = startChild('joiner', [port])
    await joiner.next()
    const samples: number[] = []
    const bare: number[] = []
    for (let i = 0; i < (isQuick ? 50 : 1_200); i += 1) {
      const name = `s${i}`
      const { atMs } = await joiner.ask({ name })
      const sinceMs = Number(atMs) - performance.timeOrigin
      const ask = () => askHttp(agent, httpPort, `/resolve/${name}`)
      samples.push(await pollUntil(ask, ({ status }) => status === 200, sinceMs, 5_000))
      // What one question to an idle daemon takes: the least that polling can see.
      const startedAtMs = performance.now()
      await ask()
      bare.push(performance.now() - startedAtMs)
      await joiner.ask({ drop: name })
    }
    await joiner.kill()
    await daemon.kill()
    agent.destroy()
    const p99 = percentile(samples, 0.99)
    return {
      rows: [
        { what: 'connect -> resolvable, median', value: percentile(samples, 0.5), unit: 'ms', samples: samples.length },
        { what: 'connect -> resolvable, 99th percentile', value: p99, unit: 'ms', samples: samples.length },
        { what: 'one lookup, 99th percentile', value: percentile(bare, 0.99), unit: 'ms', samples: bare.length },
      ],
      verdicts: [atMost('99th percentile', p99, 20, 'ms')],
    }
  },
}
