// In a quiet spell everyone of a name is as likely to be handed out as every other: chi-square over at least ten thousand draws.

import type { FleetPromise } from './promise.ts'
import { chiSquareProbability } from '../chi-square.ts'
import { groupBy } from '../group-by.ts'
import { Judge } from './judge.ts'
import { Findings } from './promise.ts'

const name = 'uniform-choice'

/** Fewer say nothing. */
const leastDraws = 10_000
/** One run in a million blames an even choice. */
const leastProbability = 1e-6

export const uniformChoice: FleetPromise = {
  name,
  promises: 'in a quiet spell every instance of a name is as likely to be handed out as every other',
  check(history) {
    const judge = Judge.of(history)
    const findings = new Findings(name)
    const draws = judge.history.filter((record) => record.type === 'draws')
    const quiet = draws.filter(({ fromMs, atMs }) => judge.isQuiet(fromMs, atMs))
    // Draws among the same instances at one door count together.
    const groups = groupBy(quiet, ({ door, daemon = '', service, fromMs }) => {
      return [door, daemon, service, ...addressesOf(judge, service, fromMs)].join(' ')
    })
    for (const [key, group] of groups) {
      const [first] = group
      if (!first) continue
      const addresses = addressesOf(judge, first.service, first.fromMs)
      const counts = addresses.map((address) => group.reduce((sum, each) => sum + (each.counts[address] ?? 0), 0))
      const total = group.reduce((sum, each) => sum + Object.values(each.counts).reduce((a, b) => a + b, 0), 0)
      if (total < leastDraws || counts.length < 2) continue
      const expected = total / counts.length
      const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
      const probability = chiSquareProbability(statistic, counts.length - 1)
      findings.check(probability >= leastProbability, first.atMs, () => {
        return `${total} draws (${key}) gave ${counts.join(', ')}: p = ${probability.toExponential(1)}`
      })
    }
    return findings.verdict
  },
}

function addressesOf(judge: Judge, service: string, atMs: number): readonly string[] {
  const there = judge.truth.of(service).filter((provider) => !judge.truth.mayHaveEnded(provider, atMs, atMs))
  return [...new Set(there.map(({ address }) => address))].toSorted()
}
