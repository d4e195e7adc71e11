// One who asks by rounds, as the daemon does: DESIGN.md sections 3 and 5. The window is the engine's own; rounds, deadlines, questions to
// one alone and what follows from silence are modelled as messaging/sp/patterns/survey-round.ts and discovery/survey-loop.ts have them.

import type { ConnectionsOptions, MessageCounts } from './connections.ts'
import type { AskerEvent } from './events.ts'
import type { SentAnswer } from './respondents.ts'
import type { StandingChange } from './standing.ts'
import type { World } from './world.ts'
import { daemonDefaults } from '../../../discovery/daemon-options.ts'
import { createPacing, defaultPacing } from '../../../messaging/sp/patterns/pacing.ts'
import { Connections } from './connections.ts'
import { formatEvent, kinds, readEvent } from './events.ts'
import { Standing } from './standing.ts'

export interface AskerOptions extends ConnectionsOptions {
  readonly world: World
  /** When its first round begins. */
  readonly startsAtMs: number
  readonly intervalMs?: number
  readonly deadlineMs?: number
  readonly misses?: number
  readonly onChange?: (index: number, change: StandingChange, nowMs: number) => void
  /** An answer has been taken in, in time. */
  readonly onHeard?: (index: number, answer: SentAnswer, nowMs: number) => void
}

export interface AskerCounts extends MessageCounts {
  /** Answers after their deadline. */
  readonly late: number
  readonly rounds: number
}

/** Questions to one alone are told apart by so many numbers: never are more than two of them under way. */
const aloneSerials = 256

/** How it stands with the question of this round. */
const [notAsked, open, answered, missed, skipped] = [0, 1, 2, 3, 4]

export class Asker {
  readonly roundsMs: number[] = []
  #late = 0
  #longestPauseMs = 0
  readonly #options: AskerOptions
  readonly #intervalMs: number
  readonly #deadlineMs: number
  readonly #schedule: (atMs: number, event: number) => void
  readonly #standing: Standing
  readonly #count: number
  readonly #connections: Connections
  readonly #lastHeardMs: Float64Array
  readonly #asks: Uint8Array
  readonly #askedMs: Float64Array
  /** Asked alone now, and to be asked once more. */
  readonly #askedAlone = new Map<number, { readonly serial: number; isToBeAskedAgain: boolean }>()
  readonly #aloneSerials: Uint8Array
  #pacing = createPacing()
  #round = 0
  #startedAtMs = 0
  #isOver = true
  #nextTarget = 0
  #waitedFor = 0
  #asked: number[] = []
  #nextDeadline = 0
  #hasDeadline = false
  #hasRefill = false
  #advanceAtMs: number | undefined

  constructor(options: AskerOptions) {
    this.#options = options
    this.#intervalMs = options.intervalMs ?? daemonDefaults.intervalMs
    this.#deadlineMs = options.deadlineMs ?? daemonDefaults.deadlineMs
    const { count } = options.respondents
    this.#count = count
    const { misses = daemonDefaults.misses, onChange = () => {} } = options
    this.#standing = new Standing({ count, misses, freezeMs: daemonDefaults.freezeMs, onChange })
    this.#asks = new Uint8Array(count)
    this.#askedMs = new Float64Array(count)
    this.#aloneSerials = new Uint8Array(count)
    this.#lastHeardMs = new Float64Array(count).fill(-Infinity)
    this.#schedule = options.world.add(this)
    this.#connections = new Connections(options, this.#schedule)
    this.#plan(options.startsAtMs, kinds.startRound)
  }

  /** The respondent's end of the connection is closed then, as the kernel does for a program that was killed. */
  closeAt(index: number, atMs: number): void {
    this.#plan(atMs + this.#options.network.transitMs(), kinds.close, index)
  }

  /** The respondent says then that something has changed there. */
  hintAt(index: number, atMs: number): void {
    this.#plan(atMs + this.#options.network.transitMs(), kinds.hint, index)
  }

  get counts(): AskerCounts {
    return { ...this.#connections.counts, late: this.#late, rounds: this.roundsMs.length }
  }

  /** The longest piece of work at a stretch. */
  get longestPauseMs(): number {
    return Math.max(this.#longestPauseMs, this.#connections.longestMs)
  }

  /** From the start of one round to that of the next. */
  get roundMs(): number {
    return Math.max(this.#intervalMs, this.roundsMs.at(-1) ?? 0)
  }

  handle(event: number, atMs: number): void {
    const told = readEvent(event, this.#count)
    const { kind, index, serial } = told
    const { core, costs } = this.#options
    if (kind === kinds.arrive || kind === kinds.arriveAlone) return this.#connections.arrived(told, atMs)
    if (kind === kinds.hear || kind === kinds.hearAlone) return this.#hear(told, atMs)
    if (kind === kinds.close) return this.#close(index, core.run(atMs, costs.answerUs / 1_000))
    if (kind === kinds.hint) return this.#askAlone(index, core.run(atMs, costs.answerUs / 1_000))
    const nowMs = core.begins(atMs)
    if (kind === kinds.startRound) this.#startRound(nowMs)
    else if (kind === kinds.refill) this.#refill(serial, nowMs)
    else if (kind === kinds.expire) this.#expire(serial, nowMs)
    else if (kind === kinds.expireAlone) this.#expireAlone(index, serial)
    else if (kind === kinds.advance) this.#advance(nowMs)
  }

  #plan(atMs: number, kind: number, index = 0, serial = 0): void {
    this.#schedule(atMs, formatEvent({ kind, index, serial }, this.#count))
  }

  #startRound(nowMs: number): void {
    this.#round += 1
    this.#startedAtMs = nowMs
    this.#isOver = false
    this.#nextTarget = 0
    this.#nextDeadline = 0
    this.#hasDeadline = false
    this.#hasRefill = false
    this.#waitedFor = 0
    this.#asked = []
    this.#asks.fill(notAsked)
    this.#pacing = createPacing()
    this.#askMore(nowMs)
  }

  #askMore(fromMs: number): void {
    let nowMs = fromMs
    while (this.#nextTarget < this.#count) {
      const index = this.#nextTarget
      if (this.#connections.isClosed(index)) {
        this.#nextTarget += 1
        continue
      }
      if (!this.#pacing.take()) break
      this.#nextTarget += 1
      const askedMs = this.#connections.ask({ kind: kinds.arrive, index, serial: this.#round }, nowMs)
      if (askedMs === undefined) {
        this.#pacing.giveBack()
        this.#asks[index] = skipped
        continue
      }
      nowMs = askedMs
      this.#asks[index] = open
      this.#askedMs[index] = nowMs
      this.#asked.push(index)
      this.#waitedFor += 1
    }
    this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - fromMs)
    const isAllAsked = this.#nextTarget >= this.#count
    if (isAllAsked && this.#waitedFor === 0) return this.#endRound(nowMs)
    this.#watchDeadline()
    if (isAllAsked || this.#hasRefill) return
    this.#hasRefill = true
    this.#plan(nowMs + defaultPacing.refillEveryMs, kinds.refill, 0, this.#round)
  }

  #hear(answer: AskerEvent, atMs: number): void {
    const heard = this.#connections.hear(answer, atMs)
    if (!heard) return
    const { index, serial, kind } = answer
    const { sent, nowMs } = heard
    const isAlone = kind === kinds.hearAlone
    if (isAlone ? this.#askedAlone.get(index)?.serial !== serial : !this.#isOpen(index, serial)) {
      this.#late += 1
      return this.#askAlone(index, nowMs)
    }
    this.#lastHeardMs[index] = nowMs
    this.#standing.heard(index, nowMs)
    this.#options.onHeard?.(index, sent, nowMs)
    this.#watchAdvance(nowMs)
    if (isAlone) return this.#endAlone(index, nowMs)
    this.#asks[index] = answered
    this.#waitedFor -= 1
    this.#pacing.giveBack()
    this.#goOn(nowMs)
  }

  #isOpen(index: number, serial: number): boolean {
    return serial === this.#round && !this.#isOver && this.#asks[index] === open
  }

  #goOn(nowMs: number): void {
    if (this.#isOver) return
    if (this.#nextTarget < this.#count) {
      if (this.#pacing.isRoomy) this.#askMore(nowMs)
    } else if (this.#waitedFor === 0) this.#endRound(nowMs)
  }

  #refill(serial: number, nowMs: number): void {
    if (serial !== this.#round || this.#isOver) return
    this.#hasRefill = false
    this.#pacing.refill()
    this.#goOn(nowMs)
  }

  /** One timer, for the earliest deadline that is still of interest. */
  #watchDeadline(): void {
    if (this.#hasDeadline) return
    while (this.#nextDeadline < this.#asked.length && this.#asks[this.#asked[this.#nextDeadline] ?? 0] !== open)
      this.#nextDeadline += 1
    const index = this.#asked[this.#nextDeadline]
    if (index === undefined) return
    this.#hasDeadline = true
    this.#plan((this.#askedMs[index] ?? 0) + this.#deadlineMs, kinds.expire, index, this.#round)
  }

  #expire(serial: number, nowMs: number): void {
    if (serial !== this.#round || this.#isOver) return
    this.#hasDeadline = false
    for (; this.#nextDeadline < this.#asked.length; this.#nextDeadline += 1) {
      const index = this.#asked[this.#nextDeadline] ?? 0
      if (this.#asks[index] !== open) continue
      if ((this.#askedMs[index] ?? 0) + this.#deadlineMs > nowMs) break
      this.#asks[index] = missed
      this.#connections.missed(index)
      this.#waitedFor -= 1
    }
    if (this.#waitedFor === 0 && this.#nextTarget >= this.#count) return this.#endRound(nowMs)
    this.#watchDeadline()
  }

  #endRound(nowMs: number): void {
    this.#isOver = true
    this.roundsMs.push(nowMs - this.#startedAtMs)
    const { core, costs } = this.#options
    const costMs = (costs.roundEndUs * this.#count) / 1_000
    this.#longestPauseMs = Math.max(this.#longestPauseMs, costMs)
    const endedMs = core.run(nowMs, costMs)
    const silent: number[] = []
    for (let index = 0; index < this.#count; index += 1) {
      const ask = this.#asks[index] ?? 0
      if ((ask === missed || ask === skipped) && (this.#lastHeardMs[index] ?? 0) <= this.#startedAtMs)
        silent.push(index)
    }
    for (const index of silent) this.#standing.missed(index, endedMs)
    this.#standing.roundEnded(endedMs)
    for (const index of silent) this.#askAlone(index, endedMs)
    this.#watchAdvance(endedMs)
    this.#plan(Math.max(this.#startedAtMs + this.#intervalMs, endedMs), kinds.startRound)
  }

  #askAlone(index: number, nowMs: number): void {
    if (this.#connections.isClosed(index)) return
    const asked = this.#askedAlone.get(index)
    if (asked) {
      asked.isToBeAskedAgain = true
      return
    }
    const serial = ((this.#aloneSerials[index] ?? 0) + 1) % aloneSerials
    const writtenMs = this.#connections.ask({ kind: kinds.arriveAlone, index, serial }, nowMs)
    if (writtenMs === undefined) return
    this.#aloneSerials[index] = serial
    this.#askedAlone.set(index, { serial, isToBeAskedAgain: false })
    this.#plan(writtenMs + this.#deadlineMs, kinds.expireAlone, index, serial)
  }

  #endAlone(index: number, nowMs: number): void {
    const asked = this.#askedAlone.get(index)
    this.#askedAlone.delete(index)
    if (asked?.isToBeAskedAgain) this.#askAlone(index, nowMs)
  }

  #expireAlone(index: number, serial: number): void {
    if (this.#askedAlone.get(index)?.serial !== serial) return
    this.#askedAlone.delete(index)
    this.#connections.missed(index)
  }

  #close(index: number, nowMs: number): void {
    if (this.#connections.isClosed(index)) return
    this.#connections.close(index)
    this.#askedAlone.delete(index)
    this.#standing.detached(index, nowMs)
    this.#watchAdvance(nowMs)
    if (this.#asks[index] !== open || this.#isOver) return
    this.#asks[index] = notAsked
    this.#waitedFor -= 1
    this.#pacing.giveBack()
    this.#goOn(nowMs)
  }

  #advance(nowMs: number): void {
    this.#advanceAtMs = undefined
    this.#standing.advance(nowMs)
    this.#watchAdvance(nowMs)
  }

  #watchAdvance(nowMs: number): void {
    const atMs = this.#standing.nextAtMs()
    if (atMs === undefined || atMs === this.#advanceAtMs) return
    this.#advanceAtMs = atMs
    this.#plan(Math.max(nowMs, atMs), kinds.advance)
  }
}
