// The comparison as charts: throughput by system, and latency by rate.

import type { Measurement } from './measurements.ts'
import type { ComparisonResults } from '../results.ts'
import { articleSizes } from './measurements.ts'
import { drawBars, drawLines } from '../../charts/log-charts.ts'
import { figureOf } from './summary.ts'

/** SVG by the name of its file. */
export function drawMessaging(
  results: ComparisonResults,
  measurements: readonly Measurement[],
): Readonly<Record<string, string>> {
  const oneWay = measurements.filter(
    ({ group, size }) => group === 'one way' && size !== 'mixed' && articleSizes.includes(size),
  )
  const latencies = measurements.filter(({ group }) => group === 'latency')
  const valueOf = (key: string, peer: string, name: string) => figureOf(results, key, peer, name)?.value
  const [first] = oneWay
  const byThroughput = Object.keys(results.peers).toSorted(
    (a, b) => (valueOf(first?.key ?? '', b, 'rate') ?? 0) - (valueOf(first?.key ?? '', a, 'rate') ?? 0),
  )
  return {
    'messaging-throughput.svg': drawBars({
      title: 'Messages one way between two processes on one machine',
      unit: 'thousands a second, logarithmic',
      heightPx: 200 + byThroughput.length * oneWay.length * 18,
      categories: byThroughput,
      series: oneWay.map(({ key }) => ({
        name: key,
        values: byThroughput.map((peer) => {
          const rate = valueOf(key, peer, 'rate')
          return rate === undefined ? undefined : Number((rate / 1_000).toPrecision(3))
        }),
      })),
    }),
    'messaging-latency.svg': drawLines({
      title: 'Latency of 1 KB at a fixed rate, 99th percentile; a line ends where a rate is not held',
      unit: 'µs',
      axis: 'messages a second',
      series: byThroughput.map((peer) => ({
        name: peer,
        points: latencies.flatMap(({ key, size }) => {
          const value = valueOf(key, peer, 'p99')
          return value === undefined || size === 'mixed' ? [] : [[size, Math.round(value)] as const]
        }),
      })),
    }),
  }
}
