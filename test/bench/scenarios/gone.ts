// How soon one that is dead or hangs is no longer handed out. The end of a process is its kernel's closing of its sockets: most
// samples close a socket of a living process, and some kill a real one with SIGKILL, to see that it is the same.

import type { Agent as HttpAgent } from 'node:http'
import type { Scenario } from '../scenario.ts'
import { Agent } from 'node:http'
import { startChild, startDaemon } from '../child.ts'
import { findFreePort } from '../free-port.ts'
import { askHttp, pollUntil, untilAlive, untilReady } from '../http-poll.ts'
import { atMost } from '../scenario.ts'
import { median, percentile } from '../statistics.ts'

interface World {
  readonly agent: HttpAgent
  readonly port: number
  readonly httpPort: number
}

/** Until the victim's id is not handed out any more: several lookups in a row, since the choice is random. */
async function untilAvoided({ agent, httpPort }: World, victim: string, sinceMs: number): Promise<number> {
  let lastSeenMs = sinceMs
  let avoided = 0
  while (avoided < 40) {
    const { body } = await askHttp(agent, httpPort, '/resolve/pair')
    if (body.includes(`"id":"${victim}"`)) {
      lastSeenMs = performance.now()
      avoided = 0
    } else avoided += 1
    if (performance.now() - sinceMs > 10_000) throw new Error('still handed out after 10 s')
  }
  return lastSeenMs - sinceMs
}

async function measureClosed(world: World, count: number): Promise<number[]> {
  const joiner = startChild('joiner', [world.port])
  await joiner.next()
  await joiner.ask({ name: 'pair', id: 'steady' })
  const samples: number[] = []
  for (let i = 0; i < count; i += 1) {
    await joiner.ask({ name: 'pair', id: `v${i}` })
    await untilAlive(world.agent, world.httpPort, 2)
    const { atMs } = await joiner.ask({ drop: `v${i}` })
    samples.push(await untilAvoided(world, `v${i}`, Number(atMs) - performance.timeOrigin))
    await untilAlive(world.agent, world.httpPort, 1)
  }
  await joiner.kill()
  return samples
}

async function measureSignal(world: World, signal: 'SIGKILL' | 'SIGSTOP', count: number) {
  const steady = startChild('joiner', [world.port])
  await steady.next()
  await steady.ask({ name: 'pair', id: 'steady' })
  const avoided: number[] = []
  const gone: number[] = []
  for (let i = 0; i < count; i += 1) {
    const victim = startChild('joiner', [world.port])
    await victim.next()
    await victim.ask({ name: 'pair', id: `${signal}${i}` })
    await untilAlive(world.agent, world.httpPort, 2)
    // Anywhere within an interval.
    await new Promise((resolve) => setTimeout(resolve, (i * 137) % 1_000))
    const sinceMs = performance.now()
    victim.signal(signal)
    avoided.push(await untilAvoided(world, `${signal}${i}`, sinceMs))
    const isGone = ({ body }: { readonly body: string }) => !body.includes(`${signal}${i}`)
    const ask = () => askHttp(world.agent, world.httpPort, '/services/pair')
    gone.push(await pollUntil(ask, isGone, sinceMs, 10_000))
    await victim.kill()
  }
  await steady.kill()
  return { avoided, gone }
}

async function measureLast(world: World, count: number): Promise<number[]> {
  const joiner = startChild('joiner', [world.port])
  await joiner.next()
  // Somebody else stays, or the daemon would not know any more whether it is the network.
  await joiner.ask({ name: 'other' })
  // It has just lost everybody, at the end of the measurement before this.
  await untilReady(world.agent, world.httpPort)
  const samples: number[] = []
  for (let i = 0; i < count; i += 1) {
    const name = `last${i}`
    await joiner.ask({ name })
    const ask = () => askHttp(world.agent, world.httpPort, `/resolve/${name}`)
    await pollUntil(ask, ({ status }) => status === 200, performance.now(), 5_000)
    const { atMs } = await joiner.ask({ drop: name })
    samples.push(await pollUntil(ask, ({ status }) => status === 404, Number(atMs) - performance.timeOrigin, 5_000))
  }
  await joiner.kill()
  return samples
}

export const gone: Scenario = {
  name: 'gone',
  description: 'killed, last of its name, or stopped -> no longer handed out',
  async run({ isQuick, say }) {
    const world = {
      port: await findFreePort(),
      httpPort: await findFreePort(),
      agent: new Agent({ keepAlive: true, maxSockets: 1 }),
    }
    const daemon = startDaemon({ PORT: String(world.port), HTTP_PORT: String(world.httpPort) })
    await untilReady(world.agent, world.httpPort)
    const idle = () => untilAlive(world.agent, world.httpPort, 0)
    const closed = await measureClosed(world, isQuick ? 5 : 1_000)
    say('closed done')
    await idle()
    const killed = await measureSignal(world, 'SIGKILL', isQuick ? 2 : 50)
    say('killed done')
    await idle()
    const last = await measureLast(world, isQuick ? 3 : 50)
    say('last of a name done')
    await idle()
    const stopped = await measureSignal(world, 'SIGSTOP', isQuick ? 1 : 20)
    await daemon.kill()
    world.agent.destroy()
    const p99 = percentile(closed, 0.99)
    return {
      rows: [
        { what: 'socket closed -> avoided, median', value: median(closed), unit: 'ms', samples: closed.length },
        { what: 'socket closed -> avoided, 99th percentile', value: p99, unit: 'ms', samples: closed.length },
        {
          what: 'SIGKILL -> avoided, median',
          value: median(killed.avoided),
          unit: 'ms',
          samples: killed.avoided.length,
        },
        {
          what: 'SIGKILL -> avoided, largest',
          value: Math.max(...killed.avoided),
          unit: 'ms',
          samples: killed.avoided.length,
        },
        { what: 'last of its name -> 404, median', value: median(last), unit: 'ms', samples: last.length },
        { what: 'last of its name -> 404, largest', value: Math.max(...last), unit: 'ms', samples: last.length },
        {
          what: 'SIGSTOP -> avoided, median',
          value: median(stopped.avoided),
          unit: 'ms',
          samples: stopped.avoided.length,
        },
        { what: 'SIGSTOP -> gone, median', value: median(stopped.gone), unit: 'ms', samples: stopped.gone.length },
      ],
      verdicts: [
        atMost('closed -> avoided, 99th percentile', p99, 20, 'ms'),
        atMost('last of its name -> 404, largest (grace 500 ms, and one lookup)', Math.max(...last), 520, 'ms'),
        atMost('SIGSTOP -> avoided, largest', Math.max(...stopped.avoided), 1_500, 'ms'),
        atMost('SIGSTOP -> gone, largest', Math.max(...stopped.gone), 3_500, 'ms'),
      ],
    }
  },
}
