// Charts as SVG, drawn by Apache ECharts without a browser. On white, whatever the page around them is.

import type { EChartsOption } from 'echarts'
import { init } from 'echarts'

export interface Chart {
  readonly title: string
  /** Of the values. */
  readonly unit: string
  readonly widthPx?: number
  readonly heightPx?: number
}

export interface BarChart extends Chart {
  /** From top to bottom. */
  readonly categories: readonly string[]
  /** Undefined: nothing there. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[]
}

export interface LineChart extends Chart {
  readonly axis: string
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[]
}

/** Bars to the right, each with its value; logarithmic, since systems differ by orders of magnitude. */
export function drawBars({ categories, series, ...chart }: BarChart): string {
  return draw(chart, {
    legend: { bottom: 0, itemGap: 24, show: series.length > 1 },
    xAxis: { type: 'log', name: chart.unit, nameLocation: 'middle', nameGap: 28 },
    yAxis: { type: 'category', data: [...categories], inverse: true, axisLabel: { interval: 0 } },
    series: series.map(({ name, values }) => ({
      name,
      type: 'bar' as const,
      data: values.map((value) => value ?? '-'),
      label: { show: true, position: 'right' as const },
    })),
  })
}

/** Both axes logarithmic. */
export function drawLines({ axis, series, ...chart }: LineChart): string {
  return draw(chart, {
    legend: { bottom: 0, itemGap: 24 },
    xAxis: { type: 'log', name: axis, nameLocation: 'middle', nameGap: 28 },
    yAxis: { type: 'log', name: chart.unit, nameLocation: 'middle', nameGap: 70 },
    series: series.map(({ name, points }) => ({
      name,
      type: 'line' as const,
      data: points.map((point) => [...point]),
    })),
  })
}

/** As many as there are systems, told apart on white. */
const colours = [
  '#1f77b4',
  '#d62728',
  '#2ca02c',
  '#ff7f0e',
  '#9467bd',
  '#8c564b',
  '#e377c2',
  '#7f7f7f',
  '#bcbd22',
  '#17becf',
  '#393b79',
  '#000000',
]

function draw({ title, widthPx = 900, heightPx = 480 }: Chart, option: EChartsOption): string {
  const chart = init(undefined, undefined, { renderer: 'svg', ssr: true, width: widthPx, height: heightPx })
  chart.setOption({
    animation: false,
    color: [...colours],
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    grid: { left: 130, right: 80, top: 50, bottom: 100 },
    ...option,
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}
