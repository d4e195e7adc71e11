// Whether a series rises: a straight line through the second half of it, and how sure one may be of its slope. Pure.
//
// Samples of one process are not independent (a heap that is high is high a moment later as well), so that the usual error of the slope would be
// too small: it is widened by the correlation of neighbouring residuals, as for as many fewer samples.

export interface Sample {
  readonly atS: number
  readonly value: number
}

export interface Line {
  readonly fromS: number
  readonly toS: number
  /** Of the samples that the line goes through. */
  readonly mean: number
  /** What the line rises by from its beginning to its end, and the ends of its 99.9 % confidence interval. */
  readonly rise: number
  readonly leastRise: number
  readonly mostRise: number
}

/** Of a normal distribution, both sides together 0.1 %: a run has six series, and a false alarm costs a day. */
const z = 3.291
/** Nothing can be said with fewer. */
const leastSamples = 8
/** Fewer independent ones than so would make any slope doubtful, a leak's too. */
const leastIndependent = 6

/** A line through the second half of the time. */
export function fitSecondHalf(samples: readonly Sample[]): Line {
  const lastS = samples.at(-1)?.atS ?? 0
  const firstS = samples[0]?.atS ?? 0
  const half = samples.filter(({ atS }) => atS >= firstS + (lastS - firstS) / 2)
  if (half.length < leastSamples) throw new Error(`${half.length} samples in the second half are too few for a line`)
  const fromS = half[0]?.atS ?? 0
  const meanS = average(half.map(({ atS }) => atS))
  const mean = average(half.map(({ value }) => value))
  const squares = sum(half.map(({ atS }) => (atS - meanS) ** 2))
  const slope = sum(half.map(({ atS, value }) => (atS - meanS) * (value - mean))) / squares
  const residuals = half.map(({ atS, value }) => value - mean - slope * (atS - meanS))
  const correlation = correlateNeighbours(residuals)
  const independent = Math.max(leastIndependent, half.length * ((1 - correlation) / (1 + correlation)))
  const variance = sum(residuals.map((residual) => residual ** 2)) / (half.length - 2)
  const error = Math.sqrt((variance / squares) * (half.length / independent))
  const overS = lastS - fromS
  const rise = slope * overS
  const margin = studentQuantile(independent - 2) * error * overS
  return { fromS, toS: lastS, mean, rise, leastRise: rise - margin, mostRise: rise + margin }
}

/** It rises for sure by more than is tolerated. */
export function isLeak({ leastRise }: Line, toleratedRise: number): boolean {
  return leastRise > toleratedRise
}

/** How much a residual tells of the next, 0 to 0.9: samples that swing to and fro say no more than independent ones. */
function correlateNeighbours(residuals: readonly number[]): number {
  const squares = sum(residuals.map((residual) => residual ** 2))
  if (squares === 0) return 0
  const products = residuals.slice(1).map((residual, at) => residual * (residuals[at] ?? 0))
  const found = sum(products) / squares
  // A line takes some of it away with it: more so, the fewer samples there are.
  return Math.min(0.9, Math.max(0, found + (2 + 4 * found) / residuals.length))
}

/** Of Student's distribution, from the normal one. Abramowitz and Stegun, 26.7.5. */
function studentQuantile(degrees: number): number {
  return z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function average(values: readonly number[]): number {
  return sum(values) / values.length
}
