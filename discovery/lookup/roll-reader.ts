// What a door of the daemon (HTTP, SP, later DNS and the rest) may see and do. The daemon implements it over the registry
// and the survey loop; a door knows nothing else of either.

import type { Choice, ChoiceFilter, WideChoice } from '../../messaging/roll/choose.ts'
import type { ChangeLog } from '../registry/change-log.ts'
import type { Instance } from '../registry/instance.ts'
import type { RollCounts } from '../registry/registry.ts'

export interface RoundRecord {
  readonly round: number
  /** Wall time at the start, ISO 8601. */
  readonly startedAt: string
  readonly durationMs: number
  /** Pipes asked; null where the engine cannot count them. */
  readonly asked: number | null
  readonly answered: number
  /** Instance ids, as `service/id`, that missed this round. */
  readonly missing: readonly string[]
  readonly late: number
  readonly endedBy: 'complete' | 'deadline' | 'aborted' | 'closed'
  /** The daemon's own event loop lagged: held against nobody. */
  readonly isLagged: boolean
}

/** As `Choice`, and before the daemon knows enough to say no: warming up, with the wait to suggest. */
export type LookupOutcome = Choice<Instance> | WarmingUp

/** The same for everyone who may be handed out. */
export type WideLookupOutcome = WideChoice<Instance> | WarmingUp

interface WarmingUp {
  readonly outcome: 'WARMING_UP'
  readonly retryAfterMs: number
}

export interface HealthReport {
  readonly status: 'ok' | 'warming-up' | 'frozen'
  readonly version: string
  readonly zone: string
  readonly engine: string
  /** What the engine lacks, and the bounds that hold because of it; empty for the SP engine. */
  readonly engineLimits: readonly string[]
  readonly uptimeMs: number
  readonly round: number
  readonly epoch: string
  readonly sequence: number
  readonly isReady: boolean
  readonly isFrozen: boolean
  readonly counts: RollCounts
  readonly lagMs: number
  /** Messages dropped and connections refused by the SP sockets, and answer lines refused, by reason. */
  readonly dropped: Readonly<Record<string, number>>
  readonly rejected: Readonly<Record<string, number>>
  readonly refusedLines: Readonly<Record<string, number>>
}

export interface RollReader {
  lookup(service: string, filter?: ChoiceFilter): LookupOutcome
  /** Everyone whom lookup() may hand out now, for doors that give a list; the same object until that changes. */
  lookupAll(service: string, filter?: ChoiceFilter): WideLookupOutcome
  services(): readonly string[]
  instances(service: string): readonly Instance[]
  /** The last 100, oldest first. */
  rounds(): readonly RoundRecord[]
  health(): HealthReport
  /** False until a negative answer would rest on knowledge. */
  readonly isReady: boolean
  /** Called whenever `isReady` has changed, until the function that comes back is called. */
  onReadiness(listener: () => void): () => void
  readonly retryAfterMs: number
  /** Number of the last finished round; 0 before the first. */
  readonly round: number
  readonly isFrozen: boolean
  readonly changes: ChangeLog
  /** Monotonic milliseconds, the clock of `Instance.lastAnswerMs`. */
  nowMs(): number
  /** The hint: ask whoever carries this id alone, at once. `askedBy` is what the limit of 50 a second is kept by. */
  ask(id: string, askedBy: object): 'ASKED' | 'LIMITED' | 'NOBODY'
}
