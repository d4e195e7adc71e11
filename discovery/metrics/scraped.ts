// Metrics of prom-client whose values are read where they are kept, when somebody asks for them, and cost nothing before.

import type { CollectFunction, Registry } from 'prom-client'
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Buckets } from './buckets.ts'

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ScrapedOptions {
  readonly registers: [Registry]
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
}

export type Read = () => number | readonly Sample[]

export function addCounter(options: ScrapedOptions, read: Read): void {
  const collect: CollectFunction<Counter> = function collect() {
    this.reset()
    for (const { labels, value } of toSamples(read())) this.inc(labels, value)
  }
  void new Counter({ labelNames: [], ...options, collect })
}

export function addGauge(options: ScrapedOptions, read: Read): void {
  const collect: CollectFunction<Gauge> = function collect() {
    this.reset()
    for (const { labels, value } of toSamples(read())) this.set(labels, value)
  }
  void new Gauge({ labelNames: [], ...options, collect })
}

export function addHistogram(options: ScrapedOptions, buckets: Buckets): void {
  void new ScrapedHistogram(options, buckets)
}

function toSamples(read: number | readonly Sample[]): readonly Sample[] {
  return typeof read === 'number' ? [{ labels: {}, value: read }] : read
}

class ScrapedHistogram extends Histogram {
  readonly #options: ScrapedOptions
  readonly #buckets: Buckets

  constructor(options: ScrapedOptions, buckets: Buckets) {
    super({ ...options, labelNames: [] })
    this.#options = options
    this.#buckets = buckets
  }

  /** What the registry writes, and what `get()` gives. */
  async getForPromString() {
    const { name, help } = this.#options
    const { upTo, count, sum } = this.#buckets
    const value = (suffix: string, number: number, labels = {}) => ({
      metricName: `${name}_${suffix}`,
      labels,
      value: number,
    })
    const values = [
      ...upTo.map(([le, atMost]) => value('bucket', atMost, { le })),
      value('bucket', count, { le: '+Inf' }),
      value('sum', sum),
      value('count', count),
    ]
    return { name, help, type: 'histogram', values, aggregator: 'sum' }
  }
}
