// What is measured of each system, how often, and for how long at most.

import type { Sample } from '../results.ts'

interface MeasurementBase {
  /** What it goes by in results. */
  readonly key: string
  /** Samples of each system. */
  readonly rounds: number
  /** A system whose samples have taken so long has enough of them. */
  readonly limitMs?: number
}

/** One comes and leaves again and again. */
export interface CycleMeasurement extends MeasurementBase {
  readonly kind: 'cycles'
}

/** Some are killed, or stop answering. */
export interface EndMeasurement extends MeasurementBase {
  readonly kind: 'ends'
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

/** With so many providers: lookups, and the CPU of standing still. */
export interface RestMeasurement extends MeasurementBase {
  readonly kind: 'rest'
  readonly count: number
  readonly seconds: number
}

/** The registry starts anew under so many providers. */
export interface RestartMeasurement extends MeasurementBase {
  readonly kind: 'restarts'
  readonly count: number
}

export type SceneMeasurement = CycleMeasurement | EndMeasurement
export type SizeMeasurement = RestMeasurement | RestartMeasurement
export type Measurement = SceneMeasurement | SizeMeasurement

export interface Plan {
  /** Providers that are there all the time, while others come and go. */
  readonly staying: number
  readonly measurements: readonly Measurement[]
}

const full = { staying: 12, cycles: 220, cyclesMs: 45_000, killed: 10, stopped: 6, sizes: [10, 100], seconds: 5 }
/** Without those whose settings make them wait for long. */
const quick = { staying: 2, cycles: 2, cyclesMs: 1_000, killed: 0, stopped: 0, sizes: [3], seconds: 0.5 }

export function planDiscovery(isQuick: boolean): Plan {
  const { staying, cycles, cyclesMs, killed, stopped, sizes, seconds } = isQuick ? quick : full
  const measurements: readonly Measurement[] = [
    { key: 'joins and leaves', kind: 'cycles', rounds: cycles, limitMs: cyclesMs },
    { key: 'killed', kind: 'ends', rounds: killed, signal: 'SIGKILL' },
    { key: 'hangs', kind: 'ends', rounds: stopped, signal: 'SIGSTOP' },
    ...sizes.map((count): Measurement => ({ key: `at rest, ${count}`, kind: 'rest', rounds: 1, count, seconds })),
    ...sizes.slice(-1).map((count): Measurement => ({
      key: `restart, ${count}`,
      kind: 'restarts',
      rounds: isQuick ? 1 : 10,
      limitMs: cyclesMs,
      count,
    })),
  ]
  return { staying, measurements: measurements.filter(({ rounds }) => rounds > 0) }
}

export function isWantingMore({ rounds, limitMs = Infinity }: Measurement, samples: readonly Sample[]): boolean {
  const spentMs = samples.reduce((total, { spentMs: ms = 0 }) => total + ms, 0)
  return samples.length < rounds && spentMs < limitMs
}
