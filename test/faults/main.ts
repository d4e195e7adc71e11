// `npm run faults -- --minutes N`: does to a fleet what its seeds say, and judges what the clients saw. The fleet is that of Compose on the Docker engine, or
// with `--in-process` one on the simulated network, where minutes take seconds. A run that fails prints its seed; in process also the shortest part of its
// schedule that still fails.

import { parseArgs } from 'node:util'
import { runAllOnDocker } from './docker/run-all.ts'
import { readHistory, writeHistory } from './history.ts'
import type { History } from './history.ts'
import { runAllInProcess } from './in-process/run-all.ts'
import type { RunReport } from './report.ts'
import { findFailures, formatReport, reportOn } from './report.ts'

const usage = `npm run faults -- [--in-process] [--minutes N] [--seed S] [--history FILE]
npm run faults -- --judge FILE`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    /** Each schedule's history, in a file of this name and its seed. */
    history: { type: 'string' },
    /** A history that was written before. */
    judge: { type: 'string' },
    'in-process': { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
if (!(minutes > 0) || !Number.isInteger(seed) || seed < 0) {
  console.error(usage)
  process.exit(2)
}

function keep(history: History, ofSeed: number): void {
  if (values.history !== undefined) writeHistory(`${values.history}.${ofSeed}`, history)
}

async function run(): Promise<RunReport | undefined> {
  if (values.judge !== undefined) return reportOn(readHistory(values.judge))
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())
  const options = { seed, minutes, keep, signal: ending.signal }
  return values['in-process'] ? runAllInProcess(options) : runAllOnDocker(options)
}

const report = await run()
const failures = report ? findFailures(report) : ['nothing was judged']
if (report) console.log(formatReport(report))
for (const failure of failures) console.error(failure)
if (failures.length > 0) console.error(`failed, beginning with seed ${seed}`)
process.exitCode = failures.length === 0 ? 0 : 1
