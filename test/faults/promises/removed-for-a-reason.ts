// One lost answer removes nobody: whoever leaves the roll has ended, or was silent for as long as all the missed rounds take.

import type { FleetPromise } from './promise.ts'
import { Judge } from './judge.ts'
import { Findings } from './promise.ts'
import { removals } from './removals.ts'

const name = 'removed-for-a-reason'

export const removedForAReason: FleetPromise = {
  name,
  promises: 'nobody is removed who did not end and was not silent for all the rounds that it may miss',
  check(history) {
    const judge = Judge.of(history)
    const { truth, bounds, settings } = judge
    const findings = new Findings(name)
    for (const { atMs, daemon, service, address } of removals(judge)) {
      const provider = truth.find(service, address)
      if (!provider) continue
      // A freeze may put off what was due before it.
      const sinceMs = atMs - bounds.goneMs - bounds.roundMs
      const hasEnded = truth.mayHaveEnded(provider, sinceMs, atMs)
      const silentMs = truth.disturbedMs(provider, daemon, sinceMs, atMs)
      findings.check(hasEnded || silentMs >= bounds.leastSilenceMs - settings.deadlineMs, atMs, () => {
        return `${daemon} removed ${service} at ${address}, which ran and of which it heard nothing for at most ${Math.round(silentMs)} ms`
      })
    }
    return findings.verdict
  },
}
