// "Nobody" is never said while a provider answers: neither by a daemon that has lost sight of it, nor by one that does not know yet.

import type { KnownProvider } from '../truth.ts'
import type { LookupRecord } from '../history.ts'
import type { FleetPromise } from './promise.ts'
import { followerLagMs, Judge } from './judge.ts'
import { Findings } from './promise.ts'

const name = 'never-nobody'

export const neverNobody: FleetPromise = {
  name,
  promises: 'no door says "nobody" while a provider answers, nor "not yet" once it is known',
  check(history) {
    const judge = Judge.of(history)
    const findings = new Findings(name)
    for (const lookup of judge.lookups()) {
      const { service, door, daemon = 'whichever', answer, atMs } = lookup
      if (answer.outcome === 'FAILED') continue
      const answering = judge.truth.of(service).find((provider) => isThere(judge, provider, lookup))
      if (!answering) continue
      findings.check(answer.outcome === 'PROVIDERS' || !isOwed(judge, answering, lookup), atMs, () => {
        return `${daemon} said ${answer.outcome} of ${service} (${door}) while ${answering.address} answered`
      })
    }
    return findings.verdict
  },
}

/** It ran, and nothing stood between it and any daemon that may have been asked: whether that one has just started does not matter. */
function isThere(judge: Judge, provider: KnownProvider, lookup: LookupRecord): boolean {
  const sinceMs = lookup.fromMs - judge.settings.settleMs - followerLagMs(lookup)
  return judge.daemonsOf(lookup).every((daemon) => judge.truth.isFine(provider, daemon, sinceMs, lookup.atMs))
}

/** A denial is wrong in any case; that it does not know is no denial, but of one that has had the time to know. */
function isOwed(judge: Judge, provider: KnownProvider, lookup: LookupRecord): boolean {
  if (lookup.answer.outcome === 'NOBODY') return true
  return judge.daemonsOf(lookup).every((daemon) => {
    return judge.wasKnown(provider, daemon, lookup.fromMs - followerLagMs(lookup), lookup.atMs)
  })
}
