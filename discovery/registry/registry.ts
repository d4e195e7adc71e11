// The roll: who is here, by whose word, in which state. Pure: no sockets, no clock, no logging; every method takes the
// time at which it happens, and what should be done about it is read from takeQuestions() and nextAtMs().

import type { AnswerLine, ParsedAnswer, RefusedLine } from '../../messaging/roll/answer.ts'
import type { Pipe } from '../../messaging/sp/engine.ts'
import type { ChangeLog } from './change-log.ts'
import type { Choice, ChoiceFilter } from './choose.ts'
import type { FilledAddress } from './fill-address.ts'
import type { Instance } from './instance.ts'
import { createChangeLog } from './change-log.ts'
import { fillAddress } from './fill-address.ts'
import { graceAfterDetachMs, Liveness } from './liveness.ts'
import { PipeRecord } from './pipe-record.ts'
import { RollEntry } from './roll-entry.ts'
import { RollIndex } from './roll-index.ts'

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

export interface EndedRound {
  readonly startedAtMs: number
  readonly missing: readonly RollPipe[]
  readonly nowMs: number
  readonly isLagged: boolean
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

/** A living process claims the id of another: who keeps it is settled by a question to the one that had it. */
interface Contest {
  readonly holder: RollEntry
  readonly challenger: PipeRecord
  readonly line: AnswerLine
  readonly filled: FilledAddress
  readonly askedAtMs: number
}

export function createRegistry(given: RegistryOptions = {}): Registry {
  const options = { ...registryDefaults, ...given }
  const { random } = options
  const pipes = new Map<RollPipe, PipeRecord>()
  const index = new RollIndex()
  const changes = createChangeLog({ random })
  /** By the pipe of the holder. */
  const contests = new Map<PipeRecord, Contest[]>()
  let questions = new Set<RollPipe>()
  let conflicts = 0

  const liveness = new Liveness({
    misses: options.misses,
    freezeMs: options.freezeMs,
    changed(type, entry, nowMs) {
      index.changed(entry)
      if (type === 'suspected' && entry.pipe && !entry.pipe.pipe.isMany) questions.add(entry.pipe.pipe)
      changes.add(type, nowMs, entry.snapshot())
    },
    gone: removeEntry,
  })

  function recordOf(pipe: RollPipe): PipeRecord {
    let record = pipes.get(pipe)
    if (!record) {
      record = new PipeRecord(pipe)
      pipes.set(pipe, record)
    }
    return record
  }

  function removeEntry(entry: RollEntry, nowMs: number): void {
    forgetEntry(entry, nowMs)
    changes.add('left', nowMs, entry.snapshot())
  }

  function forgetEntry(entry: RollEntry, nowMs: number): void {
    if (entry.pipe?.byText.get(entry.text) === entry) entry.pipe.byText.delete(entry.text)
    index.remove(entry)
    liveness.left(entry, nowMs)
  }

  function addEntry(record: PipeRecord, claim: ConstructorParameters<typeof RollEntry>[0], heard: Heard): RollEntry {
    const entry = new RollEntry(claim, record, heard.nowMs)
    record.byText.set(entry.text, entry)
    index.add(entry)
    liveness.joined(heard.nowMs)
    touch(entry, claim.line, heard)
    return entry
  }

  function join(record: PipeRecord, line: AnswerLine, filled: FilledAddress, id: string, heard: Heard): RollEntry {
    const claimedId = line.provider.id ?? filled.address
    const entry = addEntry(record, { line, filled, id, claimedId }, heard)
    changes.add('joined', heard.nowMs, entry.snapshot())
    return entry
  }

  /** The entry's line, pipe or both are different now. */
  function replace(old: RollEntry, record: PipeRecord, line: AnswerLine, filled: FilledAddress, heard: Heard): void {
    // Heard of under any text, it lives.
    liveness.heard(old, heard.nowMs)
    if (old.text === line.text && old.address === filled.address) {
      takeOver(old, record)
      touch(old, line, heard)
      return
    }
    forgetEntry(old, heard.nowMs)
    const entry = addEntry(record, { line, filled, id: old.id, claimedId: old.claimedId }, heard)
    entry.conflict = old.conflict
    entry.aliveSinceMs = old.aliveSinceMs
    for (const alternate of old.alternates) if (alternate !== record) entry.alternates.add(alternate)
    if (old.pipe && old.pipe !== record && old.boot === entry.boot) entry.alternates.add(old.pipe)
    if (!entry.differsFrom(old)) return
    const isDraining = entry.status === 'draining' && old.status !== 'draining'
    changes.add(isDraining ? 'draining' : 'updated', heard.nowMs, entry.snapshot())
  }

  function takeOver(entry: RollEntry, record: PipeRecord): void {
    if (entry.pipe === record) return
    if (entry.pipe) {
      entry.pipe.byText.delete(entry.text)
      entry.alternates.add(entry.pipe)
    }
    entry.alternates.delete(record)
    entry.pipe = record
    record.byText.set(entry.text, entry)
    index.changed(entry)
  }

  function touch(entry: RollEntry, line: AnswerLine, { nowMs, roundTripMs, round }: Heard): void {
    liveness.heard(entry, nowMs)
    entry.roundTripMs = roundTripMs
    if (round !== undefined) entry.lastRound = round
    entry.load = line.dynamic?.load
    entry.inflight = line.dynamic?.inflight
  }

  /** A line that this pipe has not given last time. False when it gives no host and the pipe shows none. */
  function take(record: PipeRecord, line: AnswerLine, heard: Heard): boolean {
    const { provider } = line
    const filled = fillAddress(provider, record.pipe, options.gateways)
    if (!filled) return false
    const id = provider.id ?? filled.address
    const holder = index.find(provider.service, id)
    const neighbour = index.findAt(provider.service, filled.host, provider.port)
    if (holder) settleId(holder, record, line, filled, heard)
    else if (neighbour) settlePlace(neighbour, record, line, filled, id, heard)
    else join(record, line, filled, id, heard)
    return true
  }

  function settleId(
    holder: RollEntry,
    record: PipeRecord,
    line: AnswerLine,
    filled: FilledAddress,
    heard: Heard,
  ): void {
    const isSameProcess =
      line.provider.boot === undefined && holder.boot === undefined
        ? filled.address === holder.address || holder.pipe === record
        : line.provider.boot === holder.boot
    if (holder.pipe === record) {
      // On a many pipe two processes may claim the same id: both were heard in one round.
      const isContested =
        !isSameProcess && record.pipe.isMany && heard.round !== undefined && holder.lastRound === heard.round
      if (isContested) joinBeside(holder, record, line, filled, heard)
      else replace(holder, record, line, filled, heard)
    } else if (holder.pipe && !isSameProcess) contest(holder, record, line, filled, heard)
    // The newest pipe of a process speaks for it; an older one waits for its end.
    else if (holder.pipe && record.pipe.id < holder.pipe.pipe.id) holder.alternates.add(record)
    else replace(holder, record, line, filled, heard)
  }

  /** Another id at the same place: one provider. Its own word beats one given for it, a newer pipe an older one. */
  function settlePlace(
    neighbour: RollEntry,
    record: PipeRecord,
    line: AnswerLine,
    filled: FilledAddress,
    id: string,
    heard: Heard,
  ): void {
    const isOwn = line.provider.by === undefined
    const isNeighbourOwn = neighbour.by === undefined
    const wins =
      isOwn === isNeighbourOwn
        ? !neighbour.pipe || (neighbour.pipe !== record && record.pipe.id > neighbour.pipe.pipe.id) || !wasJustHeard()
        : isOwn
    if (!wins) return
    removeEntry(neighbour, heard.nowMs)
    join(record, line, filled, id, heard)

    /** On the same pipe: it stands in the same answer, and was first. */
    function wasJustHeard(): boolean {
      return neighbour.pipe !== record || neighbour.lastAnswerMs === heard.nowMs
    }
  }

  function contest(
    holder: RollEntry,
    challenger: PipeRecord,
    line: AnswerLine,
    filled: FilledAddress,
    heard: Heard,
  ): void {
    if (!holder.pipe) return
    const open = contests.get(holder.pipe) ?? []
    if (open.some((other) => other.challenger === challenger && other.line.text === line.text)) return
    open.push({ holder, challenger, line, filled, askedAtMs: heard.nowMs })
    contests.set(holder.pipe, open)
    questions.add(holder.pipe.pipe)
  }

  /** The holder of a contested id answered a question put after the challenge (`isAlive`), or did not. */
  function settleContests(record: PipeRecord, isAlive: boolean, heard: Heard): void {
    const open = contests.get(record)
    if (!open) return
    contests.delete(record)
    for (const { holder, challenger, line, filled, askedAtMs } of open) {
      if (pipes.get(challenger.pipe) !== challenger || challenger.byText.has(line.text)) continue
      const current = index.find(holder.service, holder.id)
      if (!current) join(challenger, line, filled, holder.id, heard)
      else if (!isAlive) replace(current, challenger, line, filled, heard)
      else if (heard.nowMs - heard.roundTripMs >= askedAtMs) joinBeside(current, challenger, line, filled, heard)
      else contest(current, challenger, line, filled, { ...heard, nowMs: askedAtMs })
    }
  }

  function joinBeside(
    holder: RollEntry,
    record: PipeRecord,
    line: AnswerLine,
    filled: FilledAddress,
    heard: Heard,
  ): void {
    let suffix = 2
    while (index.find(holder.service, `${holder.claimedId}~${suffix}`)?.detached === false) suffix += 1
    const id = `${holder.claimedId}~${suffix}`
    const former = index.find(holder.service, id)
    if (former) removeEntry(former, heard.nowMs)
    conflicts += 1
    holder.conflict = true
    join(record, line, filled, id, heard).conflict = true
  }

  /** On a pipe of one answer: who was on it and is not listed any more has left. */
  function removeUnlisted(record: PipeRecord, answer: ParsedAnswer, nowMs: number): void {
    const listed = new Set(answer.lines.map(({ text }) => text))
    for (const [text, entry] of record.byText) if (!listed.has(text)) removeEntry(entry, nowMs)
  }

  function detachEntry(entry: RollEntry, afterMs: number, nowMs: number): void {
    for (const alternate of entry.alternates) {
      entry.alternates.delete(alternate)
      if (pipes.get(alternate.pipe) !== alternate) continue
      entry.pipe = alternate
      alternate.byText.set(entry.text, entry)
      questions.add(alternate.pipe)
      return
    }
    liveness.detached(entry, afterMs, nowMs)
  }

  function missedIn(record: PipeRecord, isMissing: boolean, { startedAtMs }: EndedRound): RollEntry[] {
    if (!isMissing && !record.pipe.isMany) return []
    return [...record.byText.values()].filter(({ lastAnswerMs }) => lastAnswerMs <= startedAtMs)
  }

  return {
    attach: (pipe) => void recordOf(pipe),
    detach(pipe, nowMs) {
      const record = pipes.get(pipe)
      if (!record) return
      pipes.delete(pipe)
      questions.delete(pipe)
      const entries = [...record.byText.values()]
      const afterMs = graceAfterDetachMs(entries.length)
      record.byText.clear()
      for (const entry of entries) detachEntry(entry, afterMs, nowMs)
      settleContests(record, false, { nowMs, roundTripMs: 0, round: undefined })
    },
    hear(pipe, answer, heard) {
      const record = recordOf(pipe)
      const refused: RefusedLine[] = []
      let known = 0
      for (const line of answer.lines) {
        const entry = record.byText.get(line.text)
        if (entry) {
          known += 1
          touch(entry, line, heard)
          continue
        }
        if (!take(record, line, heard)) refused.push({ ...noHost, excerpt: line.text.slice(0, 80) })
      }
      if (!pipe.isMany && record.byText.size > known) removeUnlisted(record, answer, heard.nowMs)
      if (contests.size > 0) settleContests(record, true, heard)
      return refused
    },
    endRound(end) {
      const missed: RollEntry[] = []
      if (!end.isLagged) {
        const missing = new Set(end.missing)
        for (const [pipe, record] of pipes) missed.push(...missedIn(record, missing.has(pipe), end))
        for (const entry of missed) liveness.missed(entry, end.nowMs)
        for (const { pipe } of missed) if (pipe && !pipe.pipe.isMany) questions.add(pipe.pipe)
      }
      liveness.roundEnded(end.nowMs)
      return missed
    },
    missAlone(pipe, nowMs) {
      const record = pipes.get(pipe)
      if (record) settleContests(record, false, { nowMs, roundTripMs: 0, round: undefined })
    },
    advance: (nowMs) => liveness.advance(nowMs),
    nextAtMs: () => liveness.nextAtMs(),
    takeQuestions() {
      if (questions.size === 0) return []
      const taken = [...questions]
      questions = new Set()
      return taken
    },
    pipesOf(id) {
      const found = new Set<RollPipe>()
      for (const { pipe } of index.hinted(id)) if (pipe) found.add(pipe.pipe)
      return [...found]
    },
    instances: (service) => index.instances(service),
    services: () => index.names(),
    choose: (service, filter) => index.choose(service, filter, random),
    changes,
    get counts() {
      const { alive, suspect, suspicions, evictions, freezes } = liveness
      return { alive, suspect, conflicts, attachedPipes: pipes.size, suspicions, evictions, freezes }
    },
    get isFrozen() {
      return liveness.isFrozen
    },
  }
}
