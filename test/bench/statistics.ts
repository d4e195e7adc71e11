// Medians, percentiles and spread. Pure.

export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? NaN
}

export function mean(samples: readonly number[]): number {
  return samples.reduce((total, sample) => total + sample, 0) / samples.length
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5)
}

/** How far the quartiles are apart, as a share of the median: what the noise of the machine does. */
export function spread(samples: readonly number[]): number {
  return (percentile(samples, 0.75) - percentile(samples, 0.25)) / median(samples)
}

/** The largest by the smallest. */
export function flatness(values: readonly number[]): number {
  return Math.max(...values) / Math.min(...values)
}
