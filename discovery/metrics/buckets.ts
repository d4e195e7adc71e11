// Durations counted into buckets: what is measured for every answer must cost next to nothing, and is made into a histogram when somebody asks.

export interface Buckets {
  observe(value: number): void
  /** Upper bounds, ascending, with how many values were at most that. */
  readonly upTo: readonly (readonly [bound: number, count: number])[]
  readonly count: number
  readonly sum: number
}

export function createBuckets(bounds: readonly number[]): Buckets {
  const counts = new Float64Array(bounds.length + 1)
  let sum = 0
  return {
    observe(value) {
      let at = 0
      while (at < bounds.length && value > (bounds[at] ?? Infinity)) at += 1
      counts[at] = (counts[at] ?? 0) + 1
      sum += value
    },
    get upTo() {
      let total = 0
      return bounds.map((bound, at) => {
        total += counts[at] ?? 0
        return [bound, total] as const
      })
    },
    get count() {
      return counts.reduce((total, count) => total + count, 0)
    },
    get sum() {
      return sum
    },
  }
}
