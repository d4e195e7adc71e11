// A daemon that comes back under a thousand respondents: from its listening until everyone is on the roll again.

import type { Scenario } from '../scenario.ts'
import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startChild, startDaemon } from '../child.ts'
import { findFreePort } from '../free-port.ts'
import { askHttp, pollUntil, untilAlive } from '../http-poll.ts'
import { atMost } from '../scenario.ts'
import { median } from '../statistics.ts'

const line = '{"service":"s%","id":"i%","address":"tcp://10.0.0.7:80"}'

export const daemonRestart: Scenario = {
  name: 'daemon-restart',
  description: 'a daemon that was away -> 1,000 respondents on its roll again',
  async run({ isQuick, say }) {
    const count = isQuick ? 50 : 1_000
    const [port, httpPort] = [await findFreePort(), await findFreePort()]
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const env = { PORT: String(port), HTTP_PORT: String(httpPort) }
    let daemon = startDaemon(env)
    const respondents = startChild('respondents', [port, count, 'sp', line])
    await respondents.next()
    await untilAlive(agent, httpPort, count)
    const byOutage = new Map<number, number[]>()
    for (const outageMs of isQuick ? [1_000] : [1_000, 1_000, 1_000, 1_000, 1_000, 60_000, 60_000]) {
      // Connections that have just been made count as no more than another attempt.
      await delay(2_000)
      await daemon.kill()
      await delay(outageMs)
      daemon = startDaemon(env)
      await pollUntil(
        () => askHttp(agent, httpPort, '/health'),
        ({ status }) => status === 200,
        performance.now(),
        10_000,
      )
      const tookMs = await untilAlive(agent, httpPort, count)
      byOutage.set(outageMs, [...(byOutage.get(outageMs) ?? []), tookMs])
      say(`away ${outageMs} ms: complete after ${Math.round(tookMs)} ms`)
    }
    await respondents.kill()
    await daemon.kill()
    agent.destroy()
    return {
      rows: [...byOutage].map(([outageMs, samples]) => ({
        what: `away ${outageMs / 1_000} s: up -> complete, median`,
        value: median(samples),
        unit: 'ms',
        samples: samples.length,
      })),
      verdicts: [...byOutage].map(([outageMs, samples]) =>
        atMost(`away ${outageMs / 1_000} s: complete, largest`, Math.max(...samples), 2_500, 'ms'),
      ),
    }
  },
}
