// What a run says of itself: its seed, the lookups made, the faults by kind and how many of them were felt, and each promise with how often it was
// tried. A kind that nobody felt, or a promise that was never tried, fails a run as a broken promise does. Pure.

import type { KindEffect } from './effects.ts'
import type { History } from './history.ts'
import type { JudgedPromise } from './promises.ts'
import { measureEffects } from './effects.ts'
import { runOf } from './history.ts'
import { judgeHistory } from './promises.ts'
import { describeSurroundings } from './surroundings.ts'

export interface RunReport {
  readonly seed: number
  /** By door. */
  readonly lookups: Readonly<Record<string, number>>
  readonly watchEvents: number
  /** For so long in all whoever asked, and the daemons by their own word, were held up: that is held against nobody. */
  readonly stalledMs: number
  readonly draws: number
  readonly faults: readonly KindEffect[]
  readonly promises: readonly JudgedPromise[]
  /** Some of the moments at which a promise was broken, with what was going on. */
  readonly moments: readonly string[]
}

/** Of one promise in one history, so many are told of. */
const maxMoments = 3

export function reportOn(history: History): RunReport {
  const lookups: Record<string, number> = {}
  let watchEvents = 0
  let stalledMs = 0
  let draws = 0
  for (const record of history) {
    if (record.type === 'lookup') lookups[record.door] = (lookups[record.door] ?? 0) + 1
    if (record.type === 'watch') watchEvents += 1
    if (record.type === 'stall') stalledMs += record.atMs - record.fromMs
    if (record.type === 'draws') draws += addUp(record.counts)
  }
  const { seed } = runOf(history)
  const judged = judgeHistory(history)
  const moments = judged
    .flatMap(({ violations }) => violations.slice(0, maxMoments))
    .map((violation) => {
      const { promise, atMs, message } = violation
      const around = describeSurroundings(history, atMs).map((line) => `\n    ${line}`)
      return `seed ${seed}, ${promise} at ${Math.round(atMs)} ms: ${message}${around.join('')}`
    })
  return { seed, lookups, watchEvents, stalledMs, draws, faults: measureEffects(history), promises: judged, moments }
}

function addUp(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** Several runs as one. */
export function addReports(first: RunReport, second: RunReport): RunReport {
  const kinds = new Set([...first.faults, ...second.faults].map(({ kind }) => kind))
  const sumOf = (kind: KindEffect['kind'], count: (effect: KindEffect) => number) =>
    [...first.faults, ...second.faults].reduce((sum, effect) => sum + (effect.kind === kind ? count(effect) : 0), 0)
  return {
    seed: first.seed,
    lookups: addCounts(first.lookups, second.lookups),
    watchEvents: first.watchEvents + second.watchEvents,
    stalledMs: first.stalledMs + second.stalledMs,
    draws: first.draws + second.draws,
    faults: [...kinds].map((kind) => ({
      kind,
      applied: sumOf(kind, ({ applied }) => applied),
      felt: sumOf(kind, ({ felt }) => felt),
    })),
    promises: first.promises.map((judged, at) => {
      const { checks = 0, violations = [] } = second.promises[at] ?? {}
      return { ...judged, checks: judged.checks + checks, violations: [...judged.violations, ...violations] }
    }),
    moments: [...first.moments, ...second.moments],
  }
}

function addCounts(
  first: Readonly<Record<string, number>>,
  second: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const doors = new Set([...Object.keys(first), ...Object.keys(second)])
  return Object.fromEntries([...doors].map((door) => [door, (first[door] ?? 0) + (second[door] ?? 0)]))
}

/** The promises that were broken, as sentences. */
export function findBroken({ promises }: RunReport): string[] {
  return promises.flatMap(({ promise, violations }) => {
    const [first] = violations
    const example = first && `first at ${Math.round(first.atMs)} ms: ${first.message}`
    return first ? [`${promise.name} was broken ${violations.length} times, ${example}`] : []
  })
}

/** All that fails a run, as sentences. */
export function findFailures(report: RunReport): string[] {
  const untried = report.promises
    .filter(({ checks }) => checks === 0)
    .map(({ promise }) => `${promise.name} was never tried`)
  const unfelt = report.faults.filter(({ felt }) => felt === 0).map(({ kind }) => `${kind} was felt by nobody`)
  return [...findBroken(report), ...untried, ...unfelt]
}

export function formatReport(report: RunReport): string {
  const { seed, lookups, watchEvents, stalledMs, draws, faults, promises, moments } = report
  const byDoor = Object.entries(lookups).map(([door, count]) => `${door} ${count}`)
  return [
    `seed ${seed}: ${addUp(lookups)} lookups (${byDoor.join(', ')}), ${draws} draws, ${watchEvents} events of watches`,
    ...(stalledMs > 0 ? [`held up for ${(stalledMs / 1_000).toFixed(1)} s in all, which is held against nobody`] : []),
    'faults, and those of them that were felt:',
    ...faults.map(
      ({ kind, applied, felt }) => `  ${kind.padEnd(16)} ${String(applied).padStart(6)} ${String(felt).padStart(6)}`,
    ),
    'promises, and how often each was tried and broken:',
    ...promises.map(({ promise: { name, promises: sentence }, checks, violations }) => {
      return `  ${name.padEnd(22)} ${String(checks).padStart(8)} ${String(violations.length).padStart(6)}  ${sentence}`
    }),
    ...moments,
  ].join('\n')
}
