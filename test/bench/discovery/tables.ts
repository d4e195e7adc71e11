// The results as tables of Markdown: systems down, what is measured across.

import type { ComparisonResults } from '../results.ts'
import type { Measurement } from './measurements.ts'
import type { Figure } from './summary.ts'
import { formatFigure, formatTable } from '../markdown-table.ts'
import { figuresOf, timesOf } from './summary.ts'

export interface LookupNote {
  readonly name: string
  /** What a lookup is. */
  readonly lookups: string
}

export function formatTables(
  results: ComparisonResults,
  measurements: readonly Measurement[],
  notes: readonly LookupNote[],
): string {
  const figures = measurements.flatMap(figuresOf)
  const times = figures.filter(({ unit }) => unit === 'ms')
  const others = figures.filter(({ unit }) => unit !== 'ms')
  const titled = (title: string, some: readonly Figure[]) =>
    some.length === 0 ? [] : [`### ${title}\n\n${formatFigures(results, some)}`]
  return [
    ...titled('Until it is seen, median (99th percentile, or the largest of so many)', times),
    ...titled('Lookups a second; CPU while nothing changes, in milliseconds a second', others),
    formatPeers(results, notes),
  ].join('\n')
}

function formatFigures(results: ComparisonResults, figures: readonly Figure[]): string {
  const rows = Object.keys(results.peers).map((peer) => [
    peer,
    ...figures.map((figure) => formatCell(results, figure, peer)),
  ])
  return formatTable(['', ...figures.map(({ title }) => title)], rows)
}

function formatCell(results: ComparisonResults, figure: Figure, peer: string): string {
  const failure = results.failures[figure.key]?.[peer]
  const failed = failure === undefined ? '' : `failed: ${failure}`
  const times = timesOf(results, figure, peer)
  if (!times) return failed || '–'
  const { median, high, isPercentile, samples } = times
  if (figure.unit !== 'ms') return formatFigure(median)
  const spread = isPercentile ? formatMs(high) : `${formatMs(high)} of ${samples}`
  return `${formatMs(median)} (${spread})${failed && `; ${failed}`}`
}

function formatMs(ms: number): string {
  return ms < 1_000 ? `${formatFigure(ms)} ms` : `${formatFigure(ms / 1_000)} s`
}

function formatPeers({ peers, missing }: ComparisonResults, notes: readonly LookupNote[]): string {
  const lookupsOf = (peer: string) => notes.find(({ name }) => name === peer)?.lookups ?? ''
  const measured = Object.entries(peers).map(([peer, { version, settings }]) => [
    peer,
    version,
    settings,
    lookupsOf(peer),
  ])
  const others = Object.entries(missing)
  const set = `### What was measured, and how it was set up\n\n${formatTable(['', 'version', 'settings', 'a lookup'], measured)}`
  return others.length === 0 ? set : `${set}\n### What was not\n\n${formatTable(['', 'why'], others)}`
}
