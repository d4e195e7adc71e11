// Series as pictures, one below the other, written as one SVG without a browser: for what a run has measured, beside its figures.

import type { LineSeriesOption } from 'echarts'
import { init } from 'echarts'

export interface ChartLine {
  readonly name: string
  /** In the order of x. */
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly isDashed?: boolean
}

export interface LineChart {
  readonly title: string
  /** Of y. */
  readonly unit: string
  readonly lines: readonly ChartLine[]
}

export interface LineChartsOptions {
  readonly title: string
  /** Of x, for all. */
  readonly xUnit: string
}

const width = 900
const chartHeight = 150
const gap = 62
const headHeight = 60

export function renderLineCharts(charts: readonly LineChart[], { title, xUnit }: LineChartsOptions): string {
  const height = headHeight + charts.length * (chartHeight + gap)
  const topOf = (at: number) => headHeight + at * (chartHeight + gap) + 24
  const canvas = init(null, null, { renderer: 'svg', ssr: true, width, height })
  canvas.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: [
      { text: title, left: 12, top: 10 },
      ...charts.map((chart, at) => ({ text: chart.title, left: 12, top: topOf(at) - 30, textStyle: { fontSize: 13 } })),
    ],
    grid: charts.map((_, at) => ({ left: 70, right: 24, top: topOf(at), height: chartHeight })),
    xAxis: charts.map((_, at) => ({
      type: 'value' as const,
      gridIndex: at,
      name: xUnit,
      nameLocation: 'end' as const,
    })),
    yAxis: charts.map(({ unit }, at) => ({
      type: 'value' as const,
      gridIndex: at,
      name: unit,
      nameGap: 8,
      scale: true,
    })),
    series: charts.flatMap(({ lines }, at) =>
      lines.map(({ name, points, isDashed }): LineSeriesOption => ({
        type: 'line',
        name,
        xAxisIndex: at,
        yAxisIndex: at,
        showSymbol: false,
        data: points.map(([x, y]) => [x, y]),
        lineStyle: { width: isDashed ? 2 : 1, type: isDashed ? 'dashed' : 'solid' },
      })),
    ),
  })
  const svg = canvas.renderToSVGString()
  canvas.dispose()
  return svg
}
