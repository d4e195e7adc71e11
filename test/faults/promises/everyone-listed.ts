// Whoever runs is on every list, within the time that it takes to dial and to be asked.

import type { KnownProvider } from '../truth.ts'
import type { FleetPromise, Verdict } from './promise.ts'
import { Judge } from './judge.ts'
import { Findings } from './promise.ts'

const name = 'everyone-listed'

export const everyoneListed: FleetPromise = {
  name,
  promises: 'whoever runs and can be reached is on every list',
  check: (history) => checkListed(name, Judge.of(history), () => true),
}

/** Of those that `isMeant`. */
export function checkListed(
  promise: string,
  judge: Judge,
  isMeant: (provider: KnownProvider, atMs: number) => boolean,
): Verdict {
  const findings = new Findings(promise)
  for (const { asked, answer, daemon, service, door, fromMs, atMs } of judge.lookups()) {
    if (asked !== 'list' || answer.outcome !== 'PROVIDERS' || daemon === undefined) continue
    const listed = new Set(answer.providers.map(({ address }) => address))
    for (const provider of judge.truth.of(service)) {
      if (!isMeant(provider, fromMs) || !judge.wasKnown(provider, daemon, fromMs, atMs)) continue
      findings.check(listed.has(provider.address), atMs, () => {
        return `${daemon} (${door}) does not list ${service} at ${provider.address}, which runs as ${provider.id}`
      })
    }
  }
  return findings.verdict
}
