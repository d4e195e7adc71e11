// What was measured of each system as figures, and how ours stands beside the others.

import type { ComparisonResults } from '../results.ts'
import type { Verdict } from '../scenario.ts'
import type { Measurement } from './measurements.ts'
import { valuesOf } from '../results.ts'
import { atMost, reported } from '../scenario.ts'
import { median, percentile } from '../statistics.ts'

/** One thing that is measured: a column of the tables. */
export interface Figure {
  readonly title: string
  /** Where its samples are. */
  readonly key: string
  readonly name: string
  readonly unit: 'ms' | '/s' | 'ms/s'
  /** Ours is to be first in it. */
  readonly isTarget?: boolean
}

export function figuresOf(measurement: Measurement): readonly Figure[] {
  const { key } = measurement
  if (measurement.kind === 'cycles')
    return [
      { title: 'joins → seen', key, name: 'joinMs', unit: 'ms', isTarget: true },
      { title: 'leaves → unseen', key, name: 'leaveMs', unit: 'ms', isTarget: true },
    ]
  if (measurement.kind === 'ends') return [{ title: `${measurement.signal} → unseen`, key, name: 'ms', unit: 'ms' }]
  const { count } = measurement
  if (measurement.kind === 'restarts')
    return [
      { title: `restart → ${count} seen`, key, name: 'completeMs', unit: 'ms', isTarget: true },
      { title: 'of it, until the server listens', key, name: 'listensMs', unit: 'ms' },
    ]
  return [
    { title: `lookups with ${count}`, key, name: 'lookups', unit: '/s' },
    { title: `CPU at rest with ${count}: server`, key, name: 'serverCpuMs', unit: 'ms/s' },
    { title: 'all providers', key, name: 'providersCpuMs', unit: 'ms/s' },
    { title: 'observer', key, name: 'observerCpuMs', unit: 'ms/s' },
  ]
}

/** Of so many there is a 99th percentile. */
const samplesForP99 = 100

export interface Times {
  readonly median: number
  /** The 99th percentile, or the largest of fewer samples. */
  readonly high: number
  readonly isPercentile: boolean
  readonly samples: number
}

export function timesOf(results: ComparisonResults, { key, name }: Figure, peer: string): Times | undefined {
  const values = valuesOf(results, key, peer, name)
  if (values.length === 0) return undefined
  const isPercentile = values.length >= samplesForP99
  const high = isPercentile ? percentile(values, 0.99) : Math.max(...values)
  return { median: median(values), high, isPercentile, samples: values.length }
}

const ours = 'rollcall'

/** Ours by the best of the others. */
export function verdictsOf(results: ComparisonResults, measurements: readonly Measurement[]): Verdict[] {
  const times = measurements.flatMap(figuresOf).filter(({ unit, name }) => unit === 'ms' && name !== 'listensMs')
  return times.flatMap((figure) => {
    const mine = timesOf(results, figure, ours)
    const others = Object.keys(results.samples[figure.key] ?? {}).filter((peer) => peer !== ours)
    const best = Math.min(...others.map((peer) => timesOf(results, figure, peer)?.median ?? Infinity))
    if (!mine || !Number.isFinite(best)) return []
    const what = `${figure.title}: ours by the best of the others`
    return [figure.isTarget ? atMost(what, mine.median / best, 1) : reported(what, mine.median / best)]
  })
}
