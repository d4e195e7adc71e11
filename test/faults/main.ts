// `npm run faults -- --minutes N`: does to a fleet what its seed says, and judges what the clients saw. `--in-process` plays it on the simulated
// network, where minutes take seconds; a run that fails prints its seed, and the shortest part of its schedule that still fails.

import { parseArgs } from 'node:util'
import { writeHistory } from './history.ts'
import { createInProcessSchedule, runInProcess } from './in-process/run.ts'
import type { RunReport } from './report.ts'
import { addReports, findBroken, findFailures, formatReport, reportOn } from './report.ts'
import type { Schedule } from './schedule.ts'
import { shrinkSchedule } from './shrink.ts'

const usage = 'npm run faults -- --in-process [--minutes N] [--seed S] [--history FILE]'
/** A schedule is played so often to make it short, at most. */
const maxShrinkingRuns = 60

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    history: { type: 'string' },
    'in-process': { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
if (!values['in-process'] || !(minutes > 0) || !Number.isInteger(seed) || seed < 0) {
  console.error(usage)
  process.exit(2)
}

async function playInProcess(schedule: Schedule): Promise<RunReport> {
  const history = await runInProcess({ schedule })
  if (values.history !== undefined) writeHistory(values.history, history)
  return reportOn(history)
}

/** Of the fleet's own time; each seed has its schedule, and the seed that is given is the first. */
async function runAllInProcess(): Promise<boolean> {
  let sum: RunReport | undefined
  let playedMs = 0
  for (let next = seed; playedMs < minutes * 60_000; next += 1) {
    const schedule = createInProcessSchedule(next)
    playedMs += schedule.lengthMs
    const report = await playInProcess(schedule)
    sum = sum ? addReports(sum, report) : report
    const broken = findBroken(report)
    if (broken.length === 0) continue
    console.error(`seed ${next}: ${broken.join('\n  ')}`)
    const fails = async (shorter: Schedule) => findBroken(await playInProcess(shorter)).length > 0
    const shortest = await shrinkSchedule(schedule, fails, maxShrinkingRuns)
    console.error(`the shortest that fails, for kept.ts: ${JSON.stringify(shortest)}`)
    console.error(`again: npm run faults -- --in-process --minutes 1 --seed ${next}`)
    break
  }
  if (!sum) return false
  console.log(`${(playedMs / 60_000).toFixed(1)} minutes of the fleet's time from`, formatReport(sum))
  const failures = findFailures(sum)
  for (const failure of failures) console.error(failure)
  return failures.length === 0
}

process.exitCode = (await runAllInProcess()) ? 0 : 1
