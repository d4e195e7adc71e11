// The entries of the roll, and everything that must change together when one comes, changes hands or goes: the index, its
// liveness, the pipes that speak for it, the change log, and whom to ask. Who an entry is was decided before (identity.ts).

import type { AnswerLine } from '../../messaging/roll/answer.ts'
import type { WritableChangeLog } from './change-log.ts'
import type { FilledAddress } from './fill-address.ts'
import type { Heard, RollPipe } from './registry.ts'
import type { EntryClaim } from './roll-entry.ts'
import { createChangeLog } from './change-log.ts'
import { Liveness } from './liveness.ts'
import { PipeRecord } from './pipe-record.ts'
import { RollEntry } from './roll-entry.ts'
import { RollIndex } from './roll-index.ts'

/** A line of an answer, the pipe that it came on, and what it means there. */
export interface Claim {
  readonly record: PipeRecord
  readonly line: AnswerLine
  readonly filled: FilledAddress
}

export interface RosterOptions {
  readonly misses: number
  readonly freezeMs: number
  readonly random: () => number
}

export class Roster {
  readonly index = new RollIndex()
  readonly changes: WritableChangeLog
  readonly liveness: Liveness
  readonly pipes = new Map<RollPipe, PipeRecord>()
  #questions = new Set<RollPipe>()

  constructor({ misses, freezeMs, random }: RosterOptions) {
    this.changes = createChangeLog({ random })
    this.liveness = new Liveness({
      misses,
      freezeMs,
      changed: (type, entry, nowMs) => {
        this.index.changed(entry)
        if (type === 'suspected') this.#askAfter(entry)
        this.changes.add(type, nowMs, entry.snapshot())
      },
      gone: (entry, nowMs) => this.remove(entry, nowMs),
    })
  }

  recordOf(pipe: RollPipe): PipeRecord {
    let record = this.pipes.get(pipe)
    if (!record) {
      record = new PipeRecord(pipe)
      this.pipes.set(pipe, record)
    }
    return record
  }

  /** Its entries are the caller's to deal with. */
  forgetPipe(pipe: RollPipe): PipeRecord | undefined {
    const record = this.pipes.get(pipe)
    this.pipes.delete(pipe)
    this.#questions.delete(pipe)
    return record
  }

  isAttached(record: PipeRecord): boolean {
    return this.pipes.get(record.pipe) === record
  }

  /** Has the pipe asked alone. A *many* pipe cannot be: nobody knows when it has said all. */
  ask({ pipe }: PipeRecord): void {
    if (!pipe.isMany) this.#questions.add(pipe)
  }

  takeQuestions(): RollPipe[] {
    if (this.#questions.size === 0) return []
    const taken = [...this.#questions]
    this.#questions = new Set()
    return taken
  }

  join(claim: Claim, id: string, heard: Heard): RollEntry {
    const claimedId = claim.line.provider.id ?? claim.filled.address
    const entry = this.#add({ ...claim, id, claimedId }, heard)
    this.changes.add('joined', heard.nowMs, entry.snapshot())
    return entry
  }

  remove(entry: RollEntry, nowMs: number): void {
    this.#forget(entry, nowMs)
    this.changes.add('left', nowMs, entry.snapshot())
  }

  /** An answer names it once more. */
  touch(entry: RollEntry, line: AnswerLine, { nowMs, roundTripMs, round }: Heard): void {
    this.liveness.heard(entry, nowMs)
    entry.roundTripMs = roundTripMs
    entry.lastAnswer = entry.pipe?.answers
    if (round !== undefined) entry.lastRound = round
    entry.load = line.dynamic?.load
    entry.inflight = line.dynamic?.inflight
  }

  /** Its line, its pipe or both are different now. */
  replace(old: RollEntry, claim: Claim, heard: Heard): void {
    const { record, line, filled } = claim
    if (old.text === line.text && old.address === filled.address) {
      this.#handOver(old, record)
      this.touch(old, line, heard)
      return
    }
    // Heard of under any text, it lives; and nobody else speaks for one whose pipe is closed.
    old.pipe ??= record
    this.liveness.heard(old, heard.nowMs)
    this.#forget(old, heard.nowMs)
    const entry = this.#add({ ...claim, id: old.id, claimedId: old.claimedId }, heard)
    entry.aliveSinceMs = old.aliveSinceMs
    const others = old.boot === entry.boot && old.pipe ? [...old.alternates, old.pipe] : old.alternates
    for (const other of others) this.addAlternate(entry, other)
    if (!entry.differsFrom(old)) return
    const isDraining = entry.status === 'draining' && old.status !== 'draining'
    this.changes.add(isDraining ? 'draining' : 'updated', heard.nowMs, entry.snapshot())
  }

  /** Another pipe of the same process. Those that are closed are forgotten, however often it dials anew. */
  addAlternate(entry: RollEntry, record: PipeRecord): void {
    for (const alternate of entry.alternates) if (!this.isAttached(alternate)) entry.alternates.delete(alternate)
    if (entry.pipe !== record && this.isAttached(record)) entry.alternates.add(record)
  }

  /** Lets another pipe of the same process speak for it, and asks that one; false when there is none that answered the last round. A lost
   * network leaves pipes behind that say nothing and never close. */
  passOn(entry: RollEntry): boolean {
    for (const alternate of entry.alternates) {
      if (!this.isAttached(alternate) || alternate.misses > 0) continue
      this.#handOver(entry, alternate)
      this.ask(alternate)
      return true
    }
    return false
  }

  /** All who could say that a suspect lives. */
  #askAfter({ pipe, alternates }: RollEntry): void {
    if (pipe) this.ask(pipe)
    for (const alternate of alternates) if (this.isAttached(alternate)) this.ask(alternate)
  }

  #handOver(entry: RollEntry, record: PipeRecord): void {
    if (entry.pipe === record) return
    const before = entry.pipe
    before?.byText.delete(entry.text)
    entry.alternates.delete(record)
    entry.pipe = record
    // Pipes count their answers each for itself.
    entry.lastAnswer = undefined
    if (before) this.addAlternate(entry, before)
    record.byText.set(entry.text, entry)
    this.index.changed(entry)
  }

  #add(claim: EntryClaim, heard: Heard): RollEntry {
    const entry = new RollEntry(claim, heard.nowMs)
    claim.record.byText.set(entry.text, entry)
    this.index.add(entry)
    this.liveness.joined(entry, heard.nowMs)
    this.touch(entry, claim.line, heard)
    return entry
  }

  #forget(entry: RollEntry, nowMs: number): void {
    if (entry.pipe?.byText.get(entry.text) === entry) entry.pipe.byText.delete(entry.text)
    this.index.remove(entry)
    this.liveness.left(entry, nowMs)
  }
}
