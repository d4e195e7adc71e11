// The roll: who is here, by whose word, in which state. Pure: no sockets, no clock, no logging; every method takes the
// time at which it happens, and what should be done about it is read from takeQuestions() and nextAtMs().

import type { ParsedAnswer, RefusedLine } from '../../messaging/roll/answer.ts'
import type { Pipe } from '../../messaging/sp/engine.ts'
import type { Choice, ChoiceFilter, WideChoice } from '../../messaging/roll/choose.ts'
import type { ChangeLog } from './change-log.ts'
import type { Instance } from './instance.ts'
import type { PipeRecord } from './pipe-record.ts'
import type { RollEntry } from './roll-entry.ts'
import { Identity } from './identity.ts'
import { graceAfterDetachMs } from './liveness.ts'
import { Roster } from './roster.ts'

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

export interface Heard {
  readonly nowMs: number
  readonly roundTripMs: number
  /** The number of the round it belongs to; undefined when the pipe was asked alone. */
  readonly round: number | undefined
}

export interface Registry {
  attach(pipe: RollPipe, nowMs: number): void
  detach(pipe: RollPipe, nowMs: number): void
  /** An answer was read. Gives back the lines that are right in themselves and cannot be taken from this pipe. */
  hear(pipe: RollPipe, answer: ParsedAnswer, heard: Heard): readonly RefusedLine[]
  /** A round is over. `missing` are the pipes that were asked (or skipped as silent) and gave no answer; on *many*
   * pipes the registry finds out itself who was not listed. A lagged round is held against nobody. Gives back whom it
   * is held against. */
  endRound(end: EndedRound): readonly Instance[]
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

  /** All instances of one service, or of another group (group.ts), in stable order; empty for an unknown name. */
  instances(group: string): readonly Instance[]
  instance(group: string, id: string): Instance | undefined
  /** Names with at least one instance of kind `service`, sorted. */
  services(): readonly string[]
  /** One provider at random, as DESIGN.md section 4 says. Cost does not grow with the roll. */
  choose(service: string, filter?: ChoiceFilter): Choice<Instance>
  /** Everyone whom choose() may draw. */
  chooseAll(service: string, filter?: ChoiceFilter): WideChoice<Instance>
  readonly changes: ChangeLog
  readonly counts: RollCounts
  /** Removals are frozen: the daemon blames itself first. */
  readonly isFrozen: boolean
}

export interface EndedRound {
  readonly startedAtMs: number
  readonly missing: readonly RollPipe[]
  readonly nowMs: number
  readonly isLagged: boolean
}

export interface RollCounts {
  readonly alive: number
  readonly suspect: number
  /** Instances that are here beside the one that their id belongs to, now. */
  readonly conflicts: number
  readonly attachedPipes: number
  /** Since start. */
  readonly suspicions: number
  readonly evictions: number
  readonly freezes: number
}

const registryDefaults = Object.freeze({
  misses: 3,
  freezeMs: 15_000,
  gateways: new Set<string>(),
  random: Math.random,
}) satisfies Required<RegistryOptions>

const noHost = Object.freeze({
  reason: 'no-host',
  detail: 'the line gives no host, and the connection shows none to fill in',
}) satisfies Omit<RefusedLine, 'excerpt'>

export function createRegistry(given: RegistryOptions = {}): Registry {
  const options = { ...registryDefaults, ...given }
  const { random } = options
  const roster = new Roster(options)
  const identity = new Identity(roster, options.gateways)
  const { index, liveness, changes } = roster

  /** On a pipe of one answer: who was on it and is not listed any more has left. */
  function removeUnlisted(record: PipeRecord, nowMs: number): void {
    for (const entry of record.byText.values()) if (entry.lastAnswer !== record.answers) roster.remove(entry, nowMs)
  }

  /** Whom a round is held against, of those that one pipe speaks for. */
  function missedOn(record: PipeRecord, isMissing: boolean, { startedAtMs }: EndedRound): RollEntry[] {
    if (!isMissing && !record.pipe.isMany) return []
    return [...record.byText.values()].filter(({ lastAnswerMs }) => lastAnswerMs <= startedAtMs)
  }

  return {
    attach: (pipe) => void roster.recordOf(pipe),
    detach(pipe, nowMs) {
      const record = roster.forgetPipe(pipe)
      if (!record) return
      const entries = [...record.byText.values()]
      const afterMs = graceAfterDetachMs(entries.length)
      record.byText.clear()
      for (const entry of entries) if (!roster.passOn(entry)) liveness.detached(entry, afterMs, nowMs)
      identity.holderIsGone(record, nowMs)
    },
    hear(pipe, answer, heard) {
      const record = roster.recordOf(pipe)
      const refused: RefusedLine[] = []
      record.answers += 1
      record.misses = 0
      let known = 0
      for (const line of answer.lines) {
        const entry = record.byText.get(line.text)
        if (entry) {
          if (entry.lastAnswer !== record.answers) known += 1
          roster.touch(entry, line, heard)
        } else if (!identity.take(record, line, heard)) {
          refused.push({ ...noHost, excerpt: line.text.slice(0, 80) })
        }
      }
      if (!pipe.isMany && record.byText.size > known) removeUnlisted(record, heard.nowMs)
      identity.holderAnswered(record, heard)
      return refused
    },
    endRound(end) {
      const missed: RollEntry[] = []
      if (!end.isLagged) {
        const missing = new Set(end.missing)
        for (const [pipe, record] of roster.pipes) {
          if (missing.has(pipe)) record.misses += 1
          missed.push(...missedOn(record, missing.has(pipe), end))
        }
        for (const entry of missed) liveness.missed(entry, end.nowMs)
        for (const { pipe } of missed) if (pipe) roster.ask(pipe)
      }
      liveness.roundEnded(end.nowMs)
      return missed
    },
    missAlone(pipe, nowMs) {
      const record = roster.pipes.get(pipe)
      if (record) identity.holderIsGone(record, nowMs)
    },
    advance: (nowMs) => liveness.advance(nowMs),
    nextAtMs: () => liveness.nextAtMs(),
    takeQuestions: () => roster.takeQuestions(),
    pipesOf(id) {
      const found = new Set<RollPipe>()
      for (const { pipe } of index.hinted(id)) if (pipe) found.add(pipe.pipe)
      return [...found]
    },
    instances: (group) => index.instances(group),
    instance: (group, id) => index.find(group, id),
    services: () => index.names(),
    choose: (service, filter) => index.plan(service, filter).draw(random),
    chooseAll: (service, filter) => index.plan(service, filter).all,
    changes,
    get counts() {
      const { alive, suspect, suspicions, evictions, freezes } = liveness
      const attachedPipes = roster.pipes.size
      return { alive, suspect, conflicts: index.conflicts, attachedPipes, suspicions, evictions, freezes }
    },
    get isFrozen() {
      return liveness.isFrozen
    },
  }
}
