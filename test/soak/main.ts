// `npm run soak -- [--minutes N | --quick] [--seed S] [--chart FILE]`: churns a fleet around a real daemon, draws what the daemon holds, and says of
// each whether it rises. Ends with 1 where something does.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { renderLineCharts } from '../charts/line-charts.ts'
import { toChart, writeTable } from './report.ts'
import { runSoak } from './soak.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    chart: { type: 'string', default: 'soak.svg' },
  },
})

const quickMs = 30_000
const durationMs = values.quick ? quickMs : Number(values.minutes) * 60_000
const seed = Number(values.seed)
if (!(durationMs >= quickMs) || !Number.isInteger(seed)) {
  console.error('npm run soak -- [--minutes N (at least 0.5) | --quick] [--seed S] [--chart FILE]')
  process.exit(2)
}
const title = `${durationMs / 60_000} minutes, seed ${seed}, Node ${process.version}`
console.log(`soak: ${title}`)

const outcome = await runSoak({ durationMs, seed, isQuick: values.quick, say: console.log })
writeFileSync(values.chart, renderLineCharts(outcome.series.map(toChart), { title: `Soak: ${title}`, xUnit: 's' }))
console.log(`\n${writeTable(outcome)}\n\nchart: ${values.chart}`)
const leaks = outcome.series.filter(({ isLeak }) => isLeak)
for (const { name } of leaks) console.log(`LEAK: ${name} rises`)
process.exit(leaks.length > 0 ? 1 : 0)
