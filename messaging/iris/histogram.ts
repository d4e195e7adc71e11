// Latencies in logarithmic buckets: eight per doubling, so that a quantile is at most 9 % off, from a microsecond to over an hour.
// Recording costs one logarithm; memory is fixed.

const perDoubling = 8
const buckets = 32 * perDoubling

export interface LatencySummary {
  readonly count: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export class Histogram {
  readonly #counts = new Uint32Array(buckets)
  #count = 0
  #sumMs = 0
  #maxMs = 0

  record(latencyMs: number): void {
    const at = Math.floor(Math.log2(Math.max(latencyMs * 1_000, 1)) * perDoubling)
    const bucket = Math.min(at, buckets - 1)
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#count += 1
    this.#sumMs += latencyMs
    if (latencyMs > this.#maxMs) this.#maxMs = latencyMs
  }

  /** The upper edge of the bucket in which the share `quantile` is reached; 0 where nothing was recorded. */
  quantileMs(quantile: number): number {
    const wanted = Math.ceil(this.#count * quantile)
    let seen = 0
    for (let at = 0; at < buckets; at += 1) {
      seen += this.#counts[at] ?? 0
      if (seen >= wanted && seen > 0) return Math.min(this.#maxMs, 2 ** ((at + 1) / perDoubling) / 1_000)
    }
    return 0
  }

  summary(): LatencySummary {
    return {
      count: this.#count,
      meanMs: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      p50Ms: this.quantileMs(0.5),
      p99Ms: this.quantileMs(0.99),
      maxMs: this.#maxMs,
    }
  }
}
