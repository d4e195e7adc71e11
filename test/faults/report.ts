// What a run says of itself: its seed, the lookups made, the faults by kind and how many of them were felt, and each promise with how often it was
// tried. A kind that nobody felt, or a promise that was never tried, fails a run as a broken promise does. Pure.

import type { KindEffect } from './effects.ts'
import type { History } from './history.ts'
import type { JudgedPromise } from './promises.ts'
import { measureEffects } from './effects.ts'
import { runOf } from './history.ts'
import { judgeHistory } from './promises.ts'

export interface RunReport {
  readonly seed: number
  readonly lookups: number
  readonly draws: number
  readonly faults: readonly KindEffect[]
  readonly promises: readonly JudgedPromise[]
}

export function reportOn(history: History): RunReport {
  let lookups = 0
  let draws = 0
  for (const record of history) {
    if (record.type === 'lookup') lookups += 1
    if (record.type === 'draws') draws += Object.values(record.counts).reduce((sum, count) => sum + count, 0)
  }
  return {
    seed: runOf(history).seed,
    lookups,
    draws,
    faults: measureEffects(history),
    promises: judgeHistory(history),
  }
}

/** Several runs as one. */
export function addReports(first: RunReport, second: RunReport): RunReport {
  const kinds = new Set([...first.faults, ...second.faults].map(({ kind }) => kind))
  const sumOf = (kind: KindEffect['kind'], count: (effect: KindEffect) => number) =>
    [...first.faults, ...second.faults].reduce((sum, effect) => sum + (effect.kind === kind ? count(effect) : 0), 0)
  return {
    seed: first.seed,
    lookups: first.lookups + second.lookups,
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
  }
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
  const { seed, lookups, draws, faults, promises } = report
  return [
    `seed ${seed}: ${lookups} lookups, ${draws} draws`,
    'faults, and those of them that were felt:',
    ...faults.map(
      ({ kind, applied, felt }) => `  ${kind.padEnd(16)} ${String(applied).padStart(6)} ${String(felt).padStart(6)}`,
    ),
    'promises, and how often each was tried and broken:',
    ...promises.map(({ promise: { name, promises: sentence }, checks, violations }) => {
      return `  ${name.padEnd(22)} ${String(checks).padStart(8)} ${String(violations.length).padStart(6)}  ${sentence}`
    }),
  ].join('\n')
}
