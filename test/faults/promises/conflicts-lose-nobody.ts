// Two that live and claim one id are both on the roll.

import type { FleetPromise } from './promise.ts'
import { groupBy } from '../group-by.ts'
import { checkListed } from './everyone-listed.ts'
import { Judge } from './judge.ts'

const name = 'conflicts-lose-nobody'

export const conflictsLoseNobody: FleetPromise = {
  name,
  promises: 'of two that live and claim one id both are on the roll',
  check(history) {
    const judge = Judge.of(history)
    const claims = groupBy(judge.truth.providers, ({ service, id }) => `${service}/${id}`)
    return checkListed(name, judge, ({ service, id, address }, atMs) => {
      const claimants = claims.get(`${service}/${id}`) ?? []
      const sinceMs = atMs - judge.settings.settleMs
      return claimants.some((other) => other.address !== address && !judge.truth.mayHaveEnded(other, sinceMs, atMs))
    })
  },
}
