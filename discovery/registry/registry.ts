// The roll: who is here, by whose word, in which state. Pure: no sockets, no clock, no logging; every method takes the
// time at which it happens, and what should be done about it is read from takeQuestions() and nextAtMs().

import type { ParsedAnswer } from '../../messaging/roll/answer.ts'
import type { Pipe } from '../../messaging/sp/engine.ts'
import type { ChangeLog } from './change-log.ts'
import type { Choice, ChoiceFilter } from './choose.ts'
import type { Instance } from './instance.ts'

/** What the registry needs to know of a pipe; identity is the object. */
export type RollPipe = Pick<Pipe, 'id' | 'isMany' | 'remote' | 'local'>

export interface RegistryOptions {
  /** Rounds missed in a row until a provider is gone. Default 3: DESIGN.md section 5, signal 3. */
  readonly misses?: number
  /** Longest freeze of removals in milliseconds. Default 15,000. */
  readonly freezeMs?: number
  /** Addresses that may be this daemon's gateway: everyone behind a published port looks like it. */
  readonly gateways?: ReadonlySet<string>
  readonly random?: () => number
}

export interface Registry {
  attach(pipe: RollPipe, nowMs: number): void
  detach(pipe: RollPipe, nowMs: number): void
  /** An answer was read. `round` is the number of the round it belongs to, undefined when the pipe was asked alone. */
  hear(
    pipe: RollPipe,
    answer: ParsedAnswer,
    heard: { readonly nowMs: number; readonly roundTripMs: number; readonly round: number | undefined },
  ): void
  /** A round is over. `missing` are the pipes that were asked (or skipped as silent) and gave no answer; on *many*
   * pipes the registry finds out itself who was not listed. A lagged round is held against nobody. */
  endRound(end: {
    readonly round: number
    readonly missing: readonly RollPipe[]
    readonly nowMs: number
    readonly isLagged: boolean
  }): void
  /** A pipe asked alone gave no answer. No miss is counted; it settles who keeps a contested id. */
  missAlone(pipe: RollPipe, nowMs: number): void
  /** Applies what time alone brings: the grace after a detach, the end of a freeze. */
  advance(nowMs: number): void
  /** When advance() next has something to do. */
  nextAtMs(): number | undefined
  /** Pipes to ask alone, now; each is given out once. */
  takeQuestions(): RollPipe[]
  /** The pipes that carry this instance id, or this service, or that a speaker of this id (`by`) answers on: for hints. */
  pipesOf(id: string): RollPipe[]

  /** All instances of one service in stable order; empty for an unknown name. */
  instances(service: string): readonly Instance[]
  /** Names with at least one instance of kind `service`, sorted. */
  services(): readonly string[]
  /** One provider at random, as DESIGN.md section 4 says. Cost does not grow with the roll. */
  choose(service: string, filter?: ChoiceFilter): Choice
  readonly changes: ChangeLog
  readonly counts: RollCounts
  /** Removals are frozen: the daemon blames itself first. */
  readonly isFrozen: boolean
}

export interface RollCounts {
  readonly alive: number
  readonly suspect: number
  readonly conflicts: number
  readonly attachedPipes: number
  /** Since start. */
  readonly suspicions: number
  readonly evictions: number
  readonly freezes: number
}
