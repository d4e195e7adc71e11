// Schedules on the fleet of containers, one seed after the other, for so many minutes: the fleet is brought up once, and everything of it is gone
// afterwards, also where somebody ends the run.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whyNotToRestart } from '../../e2e/engine-process.ts'
import type { FaultKind } from '../history.ts'
import type { RunAllOptions } from '../in-process/run-all.ts'
import type { RunReport } from '../report.ts'
import { addReports, formatReport, reportOn } from '../report.ts'
import { createChapter } from './chapter.ts'
import type { FleetSize } from './fleet.ts'
import { openFaultFleet } from './fleet.ts'
import { playOnFleet } from './run.ts'

const size: FleetSize = Object.freeze({ answers: 6, webs: 4 })

/** Holds packets back where the kernel has no netem. */
const delaySource = '../shared/docker/nfdelay.c'

export async function runAllOnDocker({ seed, minutes, keep, signal }: RunAllOptions): Promise<RunReport | undefined> {
  const say = (text: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`)
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-faults-'))
  const leftOut = new Set<FaultKind>()
  const leaveOut = (kind: FaultKind, reason: string) => {
    leftOut.add(kind)
    say(`left out: ${kind}: ${reason}`)
  }
  const delayProgram = buildDelay(folder)
  if (delayProgram === undefined) leaveOut('delay', `there is no ${delaySource}`)
  const whyNot = await whyNotToRestart()
  if (whyNot !== undefined) leaveOut('engine-restart', whyNot)
  say('bringing the fleet up')
  const fleet = await openFaultFleet(size)
  const endsAtMs = performance.now() + minutes * 60_000
  let sum: RunReport | undefined
  try {
    for (let next = seed; performance.now() < endsAtMs; next += 1) {
      say(`seed ${next}`)
      const schedule = createChapter({ seed: next, size, leftOut })
      const history = await playOnFleet({ fleet, schedule, delayProgram, say, signal })
      keep(history, next)
      const report = reportOn(history)
      sum = sum ? addReports(sum, report) : report
      for (const moment of report.moments) say(moment)
      await fleet.untilWhole()
    }
  } catch (error) {
    say('broken off')
    // Whoever ended it is told what was judged until then, as after a whole run.
    if (signal.aborted) return sum
    if (sum) console.log(formatReport(sum))
    throw error
  } finally {
    await fleet.close()
    rmSync(folder, { recursive: true })
  }
  return sum
}

function buildDelay(folder: string): string | undefined {
  if (!existsSync(delaySource)) return undefined
  const program = join(folder, 'nfdelay')
  execFileSync('cc', ['-O2', '-o', program, delaySource, '-lnetfilter_queue', '-lnfnetlink'])
  return program
}
