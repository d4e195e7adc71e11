// When more than half of at least five fall silent at once, a daemon blames itself first: it removes none of them until more than half are
// back, or the longest freeze is over.

import type { DaemonTruth, KnownProvider } from '../truth.ts'
import type { FleetPromise } from './promise.ts'
import { covers } from '../spans.ts'
import { Judge } from './judge.ts'
import { Findings } from './promise.ts'
import { removals } from './removals.ts'

const name = 'no-heap'

/** What ends within so long ends at once: a daemon looks at two seconds. */
const atOnceMs = 200
/** Longer may it not have taken to do it. */
const maxSpreadMs = 1_000
const leastProviders = 5

export const noHeap: FleetPromise = {
  name,
  promises: 'a daemon that loses more than half of its roll at once removes none of them while it may be to blame',
  check(history) {
    const judge = Judge.of(history)
    const findings = new Findings(name)
    const removed = removals(judge)
    for (const daemon of judge.truth.daemons)
      for (const { lost, atMs } of losses(judge, daemon)) {
        const untilMs = atMs + judge.settings.freezeMs
        const ofThese = removed.filter((each) => {
          // Whoever was the first to go may have gone before the last of them did.
          const isLater = each.atMs > atMs + judge.settings.earlyMs && each.atMs < untilMs
          return each.daemon === daemon.host && isLater && isAmong(lost, each)
        })
        const early = ofThese.find((each) => isHeldBack(judge, daemon, lost, atMs, each.atMs))
        findings.check(early === undefined, early?.atMs ?? atMs, () => {
          return `${daemon.host} lost ${lost.length} at once and removed ${early?.service} at ${early?.address} without a freeze`
        })
      }
    return findings.verdict
  },
}

interface Loss {
  readonly atMs: number
  readonly lost: readonly KnownProvider[]
}

function isAmong(
  lost: readonly KnownProvider[],
  { service, address }: { readonly service: string; readonly address: string },
): boolean {
  return lost.some((provider) => provider.service === service && provider.address === address)
}

/** When something had been done, where it was done quickly, and since when it was being done. */
function moments({ history }: Judge): ReadonlyMap<number, number> {
  const done = new Map<number, number>()
  const sinceMs = new Map<string | number, number>()
  for (const record of history) {
    if (record.type !== 'fault' && record.type !== 'life') continue
    const whose = record.type === 'fault' ? record.fault : record.host
    const is = record.type === 'fault' ? record.phase : record.is
    if (is === 'beginning' || is === 'stopping') sinceMs.set(whose, record.atMs)
    if (is !== 'begun' && is !== 'down') continue
    const beganMs = sinceMs.get(whose) ?? -Infinity
    if (record.atMs - beganMs <= maxSpreadMs)
      done.set(record.atMs, Math.min(beganMs, done.get(record.atMs) ?? Infinity))
  }
  return done
}

/** Moments at which more than half of a roll that was whole fell silent. */
function losses(judge: Judge, daemon: DaemonTruth): readonly Loss[] {
  const { truth, settings, bounds } = judge
  const found: Loss[] = []
  for (const [atMs, sinceMs] of moments(judge)) {
    if (judge.wasFrozen(daemon.host, atMs - settings.freezeMs - bounds.thawMs, atMs)) continue
    const before = truth.providers.filter((provider) => judge.wasKnown(provider, daemon.host, sinceMs - 1, sinceMs - 1))
    const lost = before.filter((provider) => {
      const lastMs = truth.lastMayAnswerMs(provider, daemon.host, atMs + atOnceMs)
      return lastMs !== undefined && lastMs >= atMs && lastMs < atMs + atOnceMs && !hasLeft(judge, provider, lastMs)
    })
    if (before.length < leastProviders) continue
    // Whoever is there for a short time counts as well.
    const there = truth.providers.filter((provider) => judge.mayBeListed(provider, daemon.host, atMs))
    if (lost.length * 2 > there.length) found.push({ atMs, lost })
  }
  return found
}

/** It said so itself: no loss. */
function hasLeft(judge: Judge, provider: KnownProvider, lastMs: number): boolean {
  const end = judge.truth.endOf(provider, lastMs)
  return end?.how === 'left' && end.atMs >= lastMs - judge.settings.slackMs
}

/** The daemon did not sleep, and not more than half of them may have answered since. */
function isHeldBack(
  judge: Judge,
  daemon: DaemonTruth,
  lost: readonly KnownProvider[],
  lostAtMs: number,
  atMs: number,
): boolean {
  if (!covers(daemon.running, lostAtMs, atMs)) return false
  const back = lost.filter((provider) => {
    return (judge.truth.lastMayAnswerMs(provider, daemon.host, atMs) ?? 0) > lostAtMs + atOnceMs
  })
  return back.length * 2 <= lost.length
}
