// Schedules in process, one seed after the other, until the fleet has lived for so many minutes or one of them has broken a promise.

import type { History } from '../history.ts'
import type { RunReport } from '../report.ts'
import type { Schedule } from '../schedule.ts'
import { addReports, findBroken, reportOn } from '../report.ts'
import { shrinkSchedule } from '../shrink.ts'
import { createInProcessSchedule, runInProcess } from './run.ts'

export interface RunAllOptions {
  /** Of the first schedule; each of the others has the next. */
  readonly seed: number
  /** Of the fleet's own time. */
  readonly minutes: number
  readonly keep: (history: History, seed: number) => void
  readonly signal: AbortSignal
}

/** A schedule is played so often to make it short, at most. */
const maxShrinkingRuns = 60

export async function runAllInProcess({ seed, minutes, keep, signal }: RunAllOptions): Promise<RunReport | undefined> {
  let sum: RunReport | undefined
  let playedMs = 0
  const play = async (schedule: Schedule) => {
    const history = await runInProcess({ schedule })
    keep(history, schedule.seed)
    return reportOn(history)
  }
  for (let next = seed; playedMs < minutes * 60_000 && !signal.aborted; next += 1) {
    const schedule = createInProcessSchedule(next)
    playedMs += schedule.lengthMs
    const report = await play(schedule)
    sum = sum ? addReports(sum, report) : report
    if (findBroken(report).length === 0) continue
    console.error(`again: npm run faults -- --in-process --minutes 1 --seed ${next}`)
    const fails = async (shorter: Schedule) => findBroken(await play(shorter)).length > 0
    const shortest = await shrinkSchedule(schedule, fails, maxShrinkingRuns)
    console.error(`the shortest that fails, for kept.ts: ${JSON.stringify(shortest)}`)
    break
  }
  console.log(`${(playedMs / 60_000).toFixed(1)} minutes of the fleet's time`)
  return sum
}
