// What is done to the fleet of containers in one go: a schedule that the seed alone decides, with quiet after it in which everything has to come back.
// A run is as many of them as it has time for. Pure.

import type { FaultKind, RunSettings } from '../history.ts'
import type { Schedule } from '../schedule.ts'
import type { FleetSize } from './fleet.ts'
import { daemonSettings } from '../daemon-settings.ts'
import { createSchedule } from '../schedule.ts'
import { daemonNames, instanceNames } from './fleet.ts'

/** The daemon's own defaults, and what this machine, its engine and TCP add: TCP sends again after 0.2 s, and each time after twice as long. */
export const dockerSettings: RunSettings = Object.freeze({
  ...daemonSettings,
  slackMs: 1_000,
  earlyMs: 300,
  impairedMs: 8_000,
  settleMs: 8_000,
  recoverMs: 10_000,
  redialMs: 15_000,
})

/** One lost answer cannot be had here: TCP sends it again. */
export type DockerKind = Exclude<FaultKind, 'lost-answer'>

const everyChapter: readonly DockerKind[] = [
  'kill',
  'pause',
  'disconnect',
  'one-way',
  'loss',
  'delay',
  'clock-step',
  'duplicate-id',
  'slow-reader',
  'forged-answer',
  'daemon-restart',
]

/** Of so many chapters in a row one has a crowd, and one an engine that restarts. */
const chaptersInTurn = 4
const crowdSize = 1_000

const { settleMs, recoverMs, redialMs } = dockerSettings
/** Until all of a fault is over, and whoever it was done to is known again. */
const restMs = settleMs + redialMs + 1_000
const busyMs = 90_000
/** The longest thaw of a fleet of this size, and until it counts as quiet. */
const quietMs = restMs + 18_000
/** The same while a thousand are still remembered. */
const quietAfterCrowdMs = restMs + 36_000

export interface ChapterOptions {
  readonly seed: number
  readonly size: FleetSize
  /** Kinds that this machine cannot do. */
  readonly leftOut: ReadonlySet<FaultKind>
}

export function createChapter({ seed, size, leftOut }: ChapterOptions): Schedule {
  const turn = seed % chaptersInTurn
  const special: readonly DockerKind[] = turn === 0 ? ['thundering'] : turn === 1 ? ['engine-restart'] : []
  const quiet = turn === 0 ? quietAfterCrowdMs : quietMs
  return createSchedule({
    seed,
    lengthMs: settleMs + busyMs + quiet,
    daemons: daemonNames,
    instances: instanceNames(size),
    kinds: [...everyChapter, ...special].filter((kind) => !leftOut.has(kind)),
    settleMs,
    quietMs: quiet,
    crowd: crowdSize,
    // Rarely are so many free for it.
    manyShare: 0.7,
    gapMs: [500, 4_000],
    leastTwinMs: settleMs + recoverMs,
    daemonRestMs: restMs,
  })
}
