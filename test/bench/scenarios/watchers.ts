// A service joins, and 1,000 watchers of the whole roll are told: until the last of them knows, and how many bytes that takes each, with small
// and large rolls; beside a bare server that writes as many bytes to as many connections.

import type { Child } from '../child.ts'
import type { Row, Scenario, Verdict } from '../scenario.ts'
import { Agent } from 'node:http'
import { startChild, startDaemon } from '../child.ts'
import { findFreePort } from '../free-port.ts'
import { untilAlive, untilReady } from '../http-poll.ts'
import { atMost, reported } from '../scenario.ts'
import { flatness, median, percentile } from '../statistics.ts'

interface Told {
  readonly ms: number
  readonly bytesEach: number
}

export const watchers: Scenario = {
  name: 'watchers',
  description: 'a change told to 1,000 watchers over /watch, and its bytes as the roll grows, beside a bare server',
  async run({ isQuick, say }) {
    const count = isQuick ? 20 : 1_000
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    const bytes: number[] = []
    for (const instances of isQuick ? [10] : [10, 100, 1_000]) {
      const samples = isQuick ? 5 : instances === 100 ? 1_000 : 100
      const { ours, bare } = await measure(instances, count, samples)
      const [ours99, bare99] = [percentile(times(ours), 0.99), percentile(times(bare), 0.99)]
      const what = `${instances} on the roll, ${count} watchers: change → last told`
      rows.push({ what: `${what}, median`, value: median(times(ours)), unit: 'ms', samples })
      rows.push({ what: `${what}, 99th percentile`, value: ours99, unit: 'ms', samples })
      rows.push({ what: 'bare, 99th percentile', value: bare99, unit: 'ms', samples })
      bytes.push(median(ours.map(({ bytesEach }) => bytesEach)))
      rows.push({ what: 'bytes of a change for each watcher', value: bytes.at(-1) ?? 0, unit: 'B', samples })
      verdicts.push(reported(`${instances} on the roll: median by bare`, median(times(ours)) / median(times(bare))))
      say(`${instances} on the roll: ${ours99.toFixed(1)} ms`)
    }
    verdicts.push(atMost('bytes of a change for each watcher, largest by smallest', flatness(bytes), 1.25))
    return { rows, verdicts }
  },
}

function times(told: readonly Told[]): number[] {
  return told.map(({ ms }) => ms)
}

async function measure(instances: number, count: number, samples: number) {
  const [port, httpPort] = [await findFreePort(), await findFreePort()]
  const agent = new Agent({ keepAlive: true })
  const daemon = startDaemon({ PORT: String(port), HTTP_PORT: String(httpPort) })
  const lines = Array.from({ length: instances / 10 }, (_, at) => `s${at}|tcp://10.9.%.7:${10_000 + at}`).join('\n')
  const respondents = startChild('respondents', [port, 10, 'sp', lines])
  await respondents.next()
  await untilAlive(agent, httpPort, instances)
  await untilReady(agent, httpPort)
  const joiner = startChild('joiner', [port])
  await joiner.next()
  const bareServer = startChild('bare-stream')
  const { port: barePort } = await bareServer.next()
  const ourWatchers = startChild('watchers', [httpPort, '/watch', count])
  await ourWatchers.next()
  const bareWatchers = startChild('watchers', [Number(barePort), '/', count])
  await bareWatchers.next()
  const ours: Told[] = []
  const bare: Told[] = []
  for (let at = 0; at < samples; at += 1) {
    const name = `probe-${at}`
    ours.push(await tell(ourWatchers, `"id":"${name}"`, count, () => joiner.ask({ name })))
    await joiner.ask({ drop: name })
    const text = `${name}|${'x'.repeat(Math.max(1, Math.round(ours[at]?.bytesEach ?? 1) - name.length - 1))}`
    bare.push(await tell(bareWatchers, `${name}|`, count, () => bareServer.ask({ text })))
  }
  for (const child of [ourWatchers, bareWatchers, bareServer, joiner, respondents, daemon]) await child.kill()
  agent.destroy()
  return { ours, bare }
}

/** From when the change begins until the last watcher has read of it. */
async function tell(
  watching: Child,
  text: string,
  count: number,
  change: () => Promise<Record<string, unknown>>,
): Promise<Told> {
  await watching.ask({ text })
  const last = watching.next()
  const [{ atMs: sinceMs }, { atMs, bytes }] = await Promise.all([change(), last])
  return { ms: Number(atMs) - Number(sinceMs), bytesEach: Number(bytes) / count }
}
