// Percentiles by an HDR histogram (Node's own), of three figures.

import { createHistogram } from 'node:perf_hooks'

export const percentShares = [50, 75, 90, 95, 99, 99.9, 99.99, 100] as const

/** Microseconds by `p50` to `p100`. */
export type Percentiles = Readonly<Record<string, number>>

/** What two looks at one clock may be apart by rounding. */
const toleratedMs = 0.01

/** Throws where a message was heard before it was sent: then the two processes' clocks differ, and every figure is wrong. */
export function readPercentiles(latenciesMs: Iterable<number>): Percentiles {
  const histogram = createHistogram({ figures: 3 })
  for (const latencyMs of latenciesMs) {
    if (latencyMs < -toleratedMs)
      throw new Error(`heard ${-latencyMs} ms before it was sent: the clocks of the ends differ`)
    histogram.record(Math.max(1, Math.round(latencyMs * 1e6)))
  }
  return Object.fromEntries(percentShares.map((share) => [`p${share}`, histogram.percentile(share) / 1_000]))
}
