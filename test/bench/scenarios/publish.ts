// One publisher and 1,000 subscribers, beside the same frames on bare sockets; and one subscriber with 10,000 and with 1,000,000 prefixes, beside one
// with a single prefix.

import type { Published, PublishedOptions } from '../published.ts'
import type { Row, Scenario, Verdict } from '../scenario.ts'
import { openPublished } from '../published.ts'
import { reported } from '../scenario.ts'
import { median, spread } from '../statistics.ts'

interface Contender extends PublishedOptions {
  readonly what: string
}

/** Turn about; the first run of each warms up. */
async function measure(contenders: readonly Contender[], rounds: number, count: number): Promise<Published[][]> {
  const pairs = []
  for (const contender of contenders) pairs.push({ pair: await openPublished(contender), runs: [] as Published[] })
  for (let round = 0; round < rounds; round += 1)
    for (const { pair, runs } of pairs) {
      const run = await pair.run(count)
      if (round > 0) runs.push(run)
    }
  for (const { pair } of pairs) await pair.close()
  return pairs.map(({ runs }) => runs)
}

const mediansOf = (runs: readonly (readonly Published[])[], read: (run: Published) => number) =>
  runs.map((ofOne) => median(ofOne.map(read)))

async function measureFanOut(isQuick: boolean): Promise<{ rows: Row[]; verdicts: Verdict[] }> {
  const [subscribers, count, rounds] = isQuick ? [20, 100, 2] : [1_000, 300, 10]
  const kinds = ['sp', 'bare'] as const
  const contenders = kinds.map((kind) => ({ what: kind, kind, subscribers, topics: 1, prefixes: 0 }))
  const runs = await measure(contenders, rounds, count)
  const rows = runs.map((ofKind, at): Row => {
    const rates = ofKind.map((run) => (count * subscribers * 1_000) / run.subscribers.ms)
    const what = `${subscribers} subscribers, ${kinds[at]}: messages heard`
    return { what, value: median(rates), unit: '/s', spread: spread(rates), samples: rates.length }
  })
  const [ours = NaN, bare = NaN] = mediansOf(runs, (run) => run.subscribers.ms)
  return { rows, verdicts: [reported(`${subscribers} subscribers: rollcall by bare, messages a second`, bare / ours)] }
}

async function measurePrefixes(isQuick: boolean): Promise<{ rows: Row[]; verdicts: Verdict[] }> {
  const [topics, count, rounds] = isQuick ? [1_000, 5_000, 2] : [1_000_000, 300_000, 6]
  const sizes = isQuick ? [0, 1_000] : [0, 10_000, 1_000_000]
  const contenders = sizes.map((prefixes) => ({
    what: prefixes === 0 ? 'one prefix' : `${prefixes} prefixes`,
    kind: 'sp' as const,
    subscribers: 1,
    topics: prefixes === 0 ? topics : prefixes,
    prefixes,
  }))
  const runs = await measure(contenders, rounds, count)
  const perMessageUs = (ms: number) => (ms * 1_000) / count
  const costs = mediansOf(runs, ({ publisher, subscribers }) => perMessageUs(publisher.cpuMs + subscribers.cpuMs))
  const rows = contenders.flatMap(({ what }, at): Row[] => {
    const ofOne = runs[at] ?? []
    const ends = ['publisher', 'subscribers'] as const
    return ends.map((end) => {
      const cpuUs = ofOne.map((run) => perMessageUs(run[end].cpuMs))
      return { what: `${what}: CPU of a message, ${end}`, value: median(cpuUs), unit: 'µs', spread: spread(cpuUs) }
    })
  })
  const [one = NaN, ...others] = costs
  const verdicts = others.map((cost, at) =>
    reported(`${contenders[at + 1]?.what} by one, CPU of a message`, cost / one),
  )
  return { rows, verdicts }
}

export const publish: Scenario = {
  name: 'publish',
  description: 'PUB to 1,000 subscribers; SUB with 10,000 and 1,000,000 prefixes beside one',
  async run({ isQuick, say }) {
    const fanOut = await measureFanOut(isQuick)
    say('subscribers done')
    const prefixes = await measurePrefixes(isQuick)
    return { rows: [...fanOut.rows, ...prefixes.rows], verdicts: [...fanOut.verdicts, ...prefixes.verdicts] }
  },
}
