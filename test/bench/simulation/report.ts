// Studies as tables and as pictures.

import type { Study } from './studies.ts'
import { drawLines } from '../../charts/log-charts.ts'

export function writeTable({ name, description, columns, rows }: Study): string {
  const head = ['', name, ...columns]
  const lines = rows.map(({ line, x, values }) => [
    line,
    x.toLocaleString('en'),
    ...columns.map((column) => formatNumber(values[column])),
  ])
  const text = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  return `## ${name}: ${description}\n\n${text}\n`
}

function formatNumber(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return ''
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 3 })
}

/** One column, as lines. */
export function drawStudy({ rows }: Study, column: string, axis: string): string {
  const names = [...new Set(rows.map(({ line }) => line))]
  const [title = column, unit = ''] = column.split(/, (?=[^,]*$)/)
  const series = names.map((name) => ({
    name,
    // A logarithmic axis has no place for nothing.
    points: rows.flatMap(({ line, x, values }): [number, number][] => {
      const value = values[column]
      return line === name && value !== undefined && value > 0 ? [[x, value]] : []
    }),
  }))
  return drawLines({ title: `${title} (simulated)`, unit, axis, series })
}
