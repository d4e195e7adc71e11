// The results as tables of Markdown, one a group of measurements: systems down, sizes across.

import type { Measurement } from './measurements.ts'
import type { ComparisonResults } from '../results.ts'
import { formatFigure, formatTable } from '../markdown-table.ts'
import { unmeasured } from '../peers/messaging/peers.ts'
import { figureOf } from './summary.ts'

const titles: Readonly<Record<Measurement['group'], string>> = {
  'one way': 'Throughput one way, thousands of messages a second (± interquartile range by median)',
  'both ways': 'Throughput both ways at once, thousands of messages a second, both together',
  latency: 'Latency one way of 1 KB at a fixed rate, from when each message was meant to be sent, µs: 50 / 99 / 99.9 %',
  requests: 'Requests of 64 B and their replies, thousands a second (50 / 99 % in µs)',
  'fan-out': 'Messages of 1 KB heard by all subscribers, thousands a second',
}

export function formatTables(results: ComparisonResults, measurements: readonly Measurement[]): string {
  const groups = [...new Set(measurements.map(({ group }) => group))]
  const figures = groups.map((group) => formatGroup(group, measurements, results))
  return [...figures, formatPeers(results)].join('\n')
}

function formatGroup(group: Measurement['group'], all: readonly Measurement[], results: ComparisonResults): string {
  const measurements = all.filter((measurement) => measurement.group === group)
  const peers = Object.keys(results.peers)
  const head = ['', ...measurements.map(({ size }) => formatSize(group, size))]
  const rows = peers.map((peer) => [peer, ...measurements.map((measurement) => formatCell(results, measurement, peer))])
  return `### ${titles[group]}\n\n${formatTable(head, rows)}`
}

function formatSize(group: Measurement['group'], size: Measurement['size']): string {
  const unit = {
    latency: 'a second',
    requests: 'in flight',
    'fan-out': 'subscribers',
    'one way': 'B',
    'both ways': 'B',
  }
  return size === 'mixed' ? size : `${size.toLocaleString('en')} ${unit[group]}`
}

function formatCell(results: ComparisonResults, { key, group }: Measurement, peer: string): string {
  const rate = figureOf(results, key, peer, 'rate')
  if (!rate) return results.failures[key]?.[peer] === undefined ? '–' : `failed: ${results.failures[key][peer]}`
  const thousands = formatFigure(rate.value / 1_000)
  const at = (name: string) => figureOf(results, key, peer, name)
  const percentiles = ['p50', 'p99', ...(group === 'latency' ? ['p99.9'] : [])].map((name) => at(name)?.value)
  const lost = at('lost')?.value ?? 0
  const loss = lost > 0.001 ? `, ${formatFigure(lost * 100)} % not in time` : ''
  if (percentiles.every((value) => value !== undefined)) {
    const formatted = percentiles.map(formatFigure).join(' / ')
    return group === 'latency' ? formatted : `${thousands} (${formatted})`
  }
  if (group === 'latency') return `not held in each run: ${thousands} thousand a second`
  return `${thousands} ± ${formatFigure(rate.spread * 100)} %${loss}`
}

/** What was measured and how it was set up; and what was not. */
function formatPeers({ peers, missing }: ComparisonResults): string {
  const measured = Object.entries(peers).map(([peer, { version, settings }]) => [peer, version, settings])
  const others = Object.entries({ ...missing, ...unmeasured }).map(([peer, why]) => [peer, why])
  return [
    `### What was measured, and how it was set up\n\n${formatTable(['', 'version', 'settings'], measured)}`,
    `### What was not\n\n${formatTable(['', 'why'], others)}`,
  ].join('\n')
}
