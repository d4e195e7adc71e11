// One schedule, played to a fleet in this process on a clock that is moved by hand: minutes in seconds, and the same history for the same seed.

import type { History, HistoryRecord, RunSettings } from '../history.ts'
import type { PlannedFault, Schedule, ScheduleOptions } from '../schedule.ts'
import type { Breakage } from './sim-daemon.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'
import { createSimNetwork } from '../../fixtures/sim-network.ts'
import { daemonSettings } from '../daemon-settings.ts'
import { createRandom } from '../random.ts'
import { createSchedule } from '../schedule.ts'
import { askedServices, daemonNames, Fleet, residentNames } from './fleet.ts'
import { Lookups } from './lookups.ts'
import { SimHost } from './sim-host.ts'
import { Watchers } from './watchers.ts'

export interface InProcessOptions {
  readonly schedule: Schedule
  /** Default: none, the daemons are sound. */
  readonly breakage?: Breakage
}

/** The daemon's own defaults, and what the simulated ways add. */
export const inProcessSettings: RunSettings = Object.freeze({
  ...daemonSettings,
  slackMs: 100,
  earlyMs: 100,
  impairedMs: 5_000,
  settleMs: 4_000,
  recoverMs: 3_000,
  redialMs: 10_000,
})

const kinds: ScheduleOptions['kinds'] = [
  'kill',
  'pause',
  'disconnect',
  'one-way',
  'loss',
  'delay',
  'lost-answer',
  'clock-step',
  'duplicate-id',
  'slow-reader',
  'forged-answer',
  'daemon-restart',
]

/** The longest freeze, what thaws after it, and the time until it counts as quiet. */
const quietMs = 40_000
/** The same where a crowd of a thousand has gone. */
const quietAfterCrowdMs = 70_000
/** With faults in it. */
const busyMs = 90_000
/** Before the first of them. */
const settledMs = 8_000

/** Of so many seeds one has a crowd that comes at once, and goes at once: it ends in a freeze, in which little else can be judged. */
const seedsPerCrowd = 4
const crowdSize = 1_000

export function createInProcessSchedule(seed: number): Schedule {
  const hasCrowd = seed % seedsPerCrowd === 0
  const quiet = hasCrowd ? quietAfterCrowdMs : quietMs
  return createSchedule({
    seed,
    lengthMs: settledMs + busyMs + quiet,
    daemons: daemonNames,
    instances: residentNames,
    kinds: hasCrowd ? [...kinds, 'thundering'] : kinds,
    settleMs: settledMs,
    quietMs: quiet,
    crowd: crowdSize,
  })
}

const stepMs = 50
const questionsPerStep = 4

export async function runInProcess({ schedule, breakage = (parts) => parts }: InProcessOptions): Promise<History> {
  const { seed, lengthMs } = schedule
  const clock = createFakeClock()
  const network = createSimNetwork(clock)
  const nowMs = () => clock.nowMs()
  const history: HistoryRecord[] = [{ type: 'run', seed, mode: 'in-process', settings: inProcessSettings }]
  const add = (record: HistoryRecord) => void history.push(record)
  const random = createRandom(seed, 'clients')
  const watchers = new Watchers({ add, nowMs, random })
  const fleet = new Fleet({ seed, clock, network, settings: inProcessSettings, breakage, add, watchers })
  const host = new SimHost('client', { clock, network, random })
  const lookups = new Lookups({
    host,
    daemons: daemonNames,
    services: askedServices,
    add,
    nowMs,
    random,
    running: (name) => fleet.running(name),
  })
  await fleet.start()

  const waiting = [...schedule.faults]
  const open: { readonly untilMs: number; readonly end: () => Promise<void> }[] = []
  async function play(): Promise<void> {
    for (const fault of open.filter(({ untilMs }) => untilMs <= nowMs())) {
      open.splice(open.indexOf(fault), 1)
      await fault.end()
    }
    let next: PlannedFault | undefined
    while ((next = waiting[0]) && next.atMs <= nowMs()) {
      waiting.shift()
      open.push({ untilMs: nowMs() + next.durationMs, end: await fleet.begin(next) })
    }
  }
  const running = () => daemonNames.flatMap((name) => fleet.running(name) ?? [])
  for (let step = 0; nowMs() < lengthMs; step += 1) {
    await play()
    watchers.reopen(running())
    for (let asked = 0; asked < questionsPerStep; asked += 1) await lookups.askOne()
    if (step % (1_000 / stepMs) === 0) await lookups.listAll()
    if (step % (200 / stepMs) === 0) watchers.look(running())
    if (step % (1_000 / stepMs) === 0) watchers.rove()
    await clock.advanceAsync(stepMs)
  }
  lookups.drawMany()
  await clock.advanceAsync(stepMs)
  watchers.close()
  lookups.close()
  await fleet.close()
  host.kill()
  return history
}
