// What is measured of each system, in which sizes, at which rates and for how long.

import type { Sample } from '../results.ts'
import type { Flow, Pair } from './pair.ts'

export interface Measurement {
  /** What it goes by in results. */
  readonly key: string
  readonly group: 'one way' | 'both ways' | 'latency' | 'requests' | 'fan-out'
  /** Bytes, messages a second, or requests in flight. */
  readonly size: number | 'mixed'
  readonly rounds: number
  /** Runs before them that only warm up. */
  readonly warmUps: number
  /** `rate` is messages a second, percentiles are microseconds. */
  run(pair: Pair): Promise<Sample>
}

/** Of the article that this comparison comes from; these are drawn. */
export const articleSizes: readonly number[] = [1_024, 100, 65_536]
const oddSizes = [16, 3_072, 1_048_576, 'mixed'] as const
/** Of odd sizes: time goes to what says most. */
const oddRounds = 3
const mixedSizes = [16, 100, 1_024, 100, 3_072, 16, 16_384, 1_024]
/** Bytes of a message at a rate, and of one to subscribers. */
const ordinaryBytes = 1_024
const rates = [1_000, 10_000, 50_000, 100_000, 200_000]
const subscribers = 10

/** Of a rate, what has to come through for it to be held. */
export const heldShare = 0.97

export function planMeasurements(isQuick: boolean): readonly Measurement[] {
  const [rounds, durationMs] = isQuick ? [1, 300] : [5, 800]
  const [pacedRounds, pacedMs] = isQuick ? [1, 500] : [3, 2_000]
  const throughput = (size: number | 'mixed'): Omit<Measurement, 'key' | 'group'> => ({
    size,
    rounds,
    warmUps: 1,
    run: async (pair) => sampleOf(await pair.oneWay({ sizes: sizesOf(size), durationMs })),
  })
  return [
    ...articleSizes.map((size): Measurement => ({ key: `one way, ${size} B`, group: 'one way', ...throughput(size) })),
    ...articleSizes.map((size): Measurement => ({
      key: `both ways, ${size} B`,
      group: 'both ways',
      size,
      rounds,
      warmUps: 1,
      run: async (pair) => sumOf(await pair.bothWays({ sizes: [size], durationMs })),
    })),
    ...rates.map((rate): Measurement => ({
      key: `latency, ${rate} a second`,
      group: 'latency',
      size: rate,
      rounds: pacedRounds,
      // Each run has its own.
      warmUps: 0,
      async run(pair) {
        const load = { sizes: [ordinaryBytes], durationMs: pacedMs, rate }
        const { percentiles, ...flow } = await pair.paced(load)
        return { ...sampleOf(flow), ...(flow.rate < rate * heldShare ? {} : percentiles) }
      },
    })),
    ...([1, 64] as const).map((inFlight): Measurement => ({
      key: `requests, ${inFlight} in flight`,
      group: 'requests',
      size: inFlight,
      rounds,
      warmUps: 1,
      async run(pair) {
        const { rate, percentiles } = await pair.request(durationMs, inFlight)
        return { rate, ...percentiles }
      },
    })),
    {
      key: `fan-out, ${subscribers} subscribers`,
      group: 'fan-out',
      size: subscribers,
      rounds,
      warmUps: 1,
      run: async (pair) => sampleOf(await pair.fanOut({ sizes: [ordinaryBytes], durationMs }, subscribers)),
    },
    ...(isQuick ? [] : oddSizes).map((size): Measurement => ({
      key: `one way, ${size === 'mixed' ? size : `${size} B`}`,
      group: 'one way',
      ...throughput(size),
      rounds: oddRounds,
    })),
  ]
}

function sizesOf(size: number | 'mixed'): readonly number[] {
  return size === 'mixed' ? mixedSizes : [size]
}

/** A message that did not come in time is as good as lost. */
function sampleOf({ rate, count, sent }: Flow): Sample {
  return { rate, lost: sent === 0 ? 0 : Math.max(0, 1 - count / sent) }
}

function sumOf(flows: readonly Flow[]): Sample {
  const samples = flows.map(sampleOf)
  const add = (name: string) => samples.reduce((sum, sample) => sum + (sample[name] ?? 0), 0)
  return { rate: add('rate'), lost: add('lost') / samples.length }
}
