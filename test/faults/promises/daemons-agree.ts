// Daemons that each find out for themselves say the same once it is quiet.

import type { LookupRecord } from '../history.ts'
import type { FleetPromise } from './promise.ts'
import { groupBy } from '../group-by.ts'
import { Judge } from './judge.ts'
import { Findings } from './promise.ts'

const name = 'daemons-agree'

export const daemonsAgree: FleetPromise = {
  name,
  promises: 'a round after it is quiet, all daemons and followers list the same',
  check(history) {
    const judge = Judge.of(history)
    const { roundMs } = judge.bounds
    const findings = new Findings(name)
    const quiet = judge.lookups().filter(({ asked, answer, fromMs, atMs }) => {
      return asked === 'list' && answer.outcome !== 'FAILED' && judge.isQuiet(fromMs - roundMs, atMs)
    })
    for (const lookups of groupBy(quiet, ({ service }) => service).values()) {
      const latest = new Map<string, LookupRecord>()
      for (const lookup of lookups) {
        for (const other of latest.values()) {
          if (whom(other) === whom(lookup) || !judge.isQuiet(other.fromMs - roundMs, lookup.atMs)) continue
          findings.check(listOf(other) === listOf(lookup), lookup.atMs, () => {
            return `${lookup.service}: ${whom(other)} says ${listOf(other)}, ${whom(lookup)} says ${listOf(lookup)}`
          })
        }
        latest.set(whom(lookup), lookup)
      }
    }
    return findings.verdict
  },
}

/** Followers each have a copy of their own. */
function whom({ daemon, client }: LookupRecord): string {
  return daemon ?? client
}

function listOf({ answer }: LookupRecord): string {
  if (answer.outcome !== 'PROVIDERS') return answer.outcome
  return answer.providers
    .map(({ address }) => address)
    .toSorted()
    .join(', ')
}
