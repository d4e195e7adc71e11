// The comparison as a chart: how long it takes until an observer knows, by system.

import type { ComparisonResults } from '../results.ts'
import type { Measurement } from './measurements.ts'
import { drawBars } from '../../charts/log-charts.ts'
import { figuresOf, timesOf } from './summary.ts'

/** A logarithmic axis has no place for nothing. */
const leastMs = 0.01

/** SVG; in the order in which they were measured. */
export function drawDiscovery(results: ComparisonResults, measurements: readonly Measurement[]): string {
  const times = measurements.flatMap(figuresOf).filter(({ unit, name }) => unit === 'ms' && name !== 'listensMs')
  const peers = Object.keys(results.peers)
  return drawBars({
    title: 'Until an observer knows, median',
    unit: 'ms, logarithmic',
    heightPx: 200 + peers.length * times.length * 18,
    categories: peers,
    series: times.map((figure) => ({
      name: figure.title,
      values: peers.map((peer) => {
        const ms = timesOf(results, figure, peer)?.median
        return ms === undefined ? undefined : Number(Math.max(ms, leastMs).toPrecision(3))
      }),
    })),
  })
}
