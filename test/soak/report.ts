// What a soak came to, as a table and as charts. Pure.

import type { LineChart } from '../charts/line-charts.ts'
import type { Series } from './judge.ts'
import type { SoakOutcome } from './soak.ts'

export function toChart({ name, unit, samples, line, isLeak }: Series): LineChart {
  const { fromS, toS, mean, rise } = line
  return {
    title: `${name}${isLeak ? ': RISES' : ''}`,
    unit,
    lines: [
      { name, points: samples.map(({ atS, value }) => [atS, value] as const) },
      {
        name: 'line through the second half',
        points: [
          [fromS, mean - rise / 2],
          [toS, mean + rise / 2],
        ],
        isDashed: true,
      },
    ],
  }
}

export function writeTable({ series, counts, cpuShare }: SoakOutcome): string {
  const rows = series.map(({ name, unit, samples, line, toleratedRise, isLeak }) => {
    const { mean, rise, leastRise, mostRise } = line
    const interval = `${round(rise)} (${round(leastRise)} to ${round(mostRise)})`
    return `| ${[withUnit(name, unit), samples.length, round(mean), interval, toleratedRise, isLeak ? 'RISES' : 'level'].join(' | ')} |`
  })
  const done = Object.entries(counts).map(([what, count]) => `${what} ${count}`)
  return [
    '| in the second half | samples in all | mean | rise, 99.9 % confidence | tolerated | |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    `The daemon used ${round(cpuShare * 100)} % of a core. Done: ${done.join(', ')}.`,
  ].join('\n')
}

function withUnit(name: string, unit: string): string {
  return unit === '' ? name : `${name}, ${unit}`
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}
