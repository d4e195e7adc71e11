// What is handed out, or listed, was alive within its bound: three missed rounds, or what a freeze adds.

import type { LookupRecord } from '../history.ts'
import type { KnownProvider } from '../truth.ts'
import type { FleetPromise } from './promise.ts'
import { followerLagMs, Judge } from './judge.ts'
import { Findings } from './promise.ts'

const name = 'alive-within-bound'

export const aliveWithinBound: FleetPromise = {
  name,
  promises: 'whoever is handed out or listed answered within the bounds of a silence',
  check(history) {
    const judge = Judge.of(history)
    const findings = new Findings(name)
    for (const lookup of judge.lookups()) {
      if (lookup.answer.outcome !== 'PROVIDERS') continue
      for (const { address } of lookup.answer.providers) {
        const provider = judge.truth.find(lookup.service, address)
        if (!provider) continue
        findings.check(isWithin(judge, provider, lookup), lookup.atMs, () => describe(judge, provider, lookup))
      }
    }
    return findings.verdict
  },
}

function isWithin(judge: Judge, provider: KnownProvider, lookup: LookupRecord): boolean {
  // The answer was made at some moment in between: of a daemon that was cut off, perhaps not before that was over.
  const moments = [lookup.fromMs, lookup.atMs]
  return judge
    .daemonsOf(lookup)
    .some((daemon) => moments.some((atMs) => judge.mayBeListed(provider, daemon, atMs, followerLagMs(lookup))))
}

function describe(judge: Judge, provider: KnownProvider, { door, daemon, fromMs }: LookupRecord): string {
  const silent = judge.daemonsOf(daemon === undefined ? {} : { daemon }).map((host) => {
    return `${Math.round(judge.silentForMs(provider, host, fromMs))} ms at ${host}`
  })
  return `${provider.service} at ${provider.address} (${door}) had been silent for ${silent.join(', ')}`
}
