// One who asks by rounds, as the daemon does: DESIGN.md sections 3 and 5. The window is the engine's own; rounds, deadlines, questions to
// one alone and what follows from silence are modelled as messaging/sp/patterns/survey-round.ts and discovery/survey-loop.ts have them.

import type { SurveyCosts } from './costs.ts'
import type { Network } from './network.ts'
import type { Respondents, SentAnswer } from './respondents.ts'
import type { StandingChange } from './standing.ts'
import type { World } from './world.ts'
import { daemonDefaults } from '../../../discovery/daemon-options.ts'
import { createPacing, defaultPacing } from '../../../messaging/sp/patterns/pacing.ts'
import { answerHeaderBytes, lineBytes, packetBytes, questionBytes } from './costs.ts'
import { Processor } from './processor.ts'
import { Standing } from './standing.ts'

export interface AskerOptions {
  readonly world: World
  readonly network: Network
  readonly costs: SurveyCosts
  readonly respondents: Respondents
  /** The core that it runs on. */
  readonly core: Processor
  /** Of its line to the network, in both directions. */
  readonly bytesPerMs: number
  /** When its first round begins. */
  readonly startsAtMs: number
  readonly intervalMs?: number
  readonly deadlineMs?: number
  readonly misses?: number
  readonly onChange?: (index: number, change: StandingChange, nowMs: number) => void
  /** An answer has been taken in, in time. */
  readonly onHeard?: (index: number, answer: SentAnswer, nowMs: number) => void
}

export interface AskerCounts {
  questions: number
  answers: number
  /** Answers after their deadline. */
  late: number
  /** On the wire, headers and acknowledgements included. */
  bytes: number
  rounds: number
}

/** As messaging/sp/patterns/surveyor-pipe.ts: a pipe that leaves so many unanswered is asked rarely. */
const maxUnanswered = 3
const silentEveryMs = 5_000

/** What happens at a time: each is an event's number modulo how many there may be. */
const kinds = Object.freeze({
  startRound: 0,
  refill: 1,
  expire: 2,
  arrive: 3,
  hear: 4,
  arriveAlone: 5,
  hearAlone: 6,
  expireAlone: 7,
  close: 8,
  advance: 9,
  hint: 10,
})
const mostKinds = 16
/** Questions to one alone are told apart by so many numbers: never are more than two of them under way. */
const aloneSerials = 256
/** An answer that takes longer than this on the line is handled when all of it is there; any other as it comes. */
const noticeableMs = 0.05

/** How it stands with the question of this round. */
const [notAsked, open, answered, missed, skipped] = [0, 1, 2, 3, 4]

export class Asker {
  readonly counts: AskerCounts = { questions: 0, answers: 0, late: 0, bytes: 0, rounds: 0 }
  readonly roundsMs: number[] = []
  /** The longest piece of work at a stretch. */
  longestPauseMs = 0
  readonly #options: AskerOptions
  readonly #intervalMs: number
  readonly #deadlineMs: number
  readonly #schedule: (atMs: number, event: number) => void
  readonly #standing: Standing
  readonly #count: number
  readonly #lineIn = new Processor()
  readonly #lineOut = new Processor()
  readonly #isClosed: Uint8Array
  readonly #unanswered: Uint8Array
  readonly #lastAskedMs: Float64Array
  readonly #lastHeardMs: Float64Array
  /** When the latest message on a connection arrives, each way: none overtakes another. */
  readonly #arrivesThereMs: Float64Array
  readonly #arrivesHereMs: Float64Array
  readonly #asks: Uint8Array
  readonly #askedMs: Float64Array
  /** Answers on their way. */
  readonly #sent = new Map<number, SentAnswer>()
  /** Long ones, on the line. */
  readonly #whole = new Map<number, SentAnswer>()
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
    this.#isClosed = new Uint8Array(count)
    this.#unanswered = new Uint8Array(count)
    this.#asks = new Uint8Array(count)
    this.#askedMs = new Float64Array(count)
    this.#aloneSerials = new Uint8Array(count)
    this.#lastAskedMs = new Float64Array(count).fill(-Infinity)
    this.#lastHeardMs = new Float64Array(count).fill(-Infinity)
    this.#arrivesThereMs = new Float64Array(count)
    this.#arrivesHereMs = new Float64Array(count)
    const schedule = options.world.add(this)
    this.#schedule = schedule
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

  /** From the start of one round to that of the next. */
  get roundMs(): number {
    return Math.max(this.#intervalMs, this.roundsMs.at(-1) ?? 0)
  }

  handle(event: number, atMs: number): void {
    const kind = event % mostKinds
    const rest = Math.floor(event / mostKinds)
    const index = rest % this.#count
    const serial = Math.floor(rest / this.#count)
    const { core, costs } = this.#options
    if (kind === kinds.arrive || kind === kinds.arriveAlone) return this.#arrive(index, serial, kind, atMs)
    if (kind === kinds.hear || kind === kinds.hearAlone) return this.#hear(index, serial, kind, atMs)
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
    this.#schedule(atMs, this.#eventOf(kind, index, serial))
  }

  #eventOf(kind: number, index: number, serial: number): number {
    return (serial * this.#count + index) * mostKinds + kind
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
      if (this.#isClosed[index] === 1) {
        this.#nextTarget += 1
        continue
      }
      if (!this.#pacing.take()) break
      this.#nextTarget += 1
      const askedMs = this.#ask(index, kinds.arrive, this.#round, nowMs)
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
    this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - fromMs)
    const isAllAsked = this.#nextTarget >= this.#count
    if (isAllAsked && this.#waitedFor === 0) return this.#endRound(nowMs)
    this.#watchDeadline()
    if (isAllAsked || this.#hasRefill) return
    this.#hasRefill = true
    this.#plan(nowMs + defaultPacing.refillEveryMs, kinds.refill, 0, this.#round)
  }

  /** When the question is written; undefined when the pipe leaves too much unanswered. */
  #ask(index: number, kind: number, serial: number, nowMs: number): number | undefined {
    const isSilent = (this.#unanswered[index] ?? 0) >= maxUnanswered
    if (isSilent && nowMs - (this.#lastAskedMs[index] ?? 0) < silentEveryMs) return undefined
    const { core, costs, network, bytesPerMs } = this.#options
    this.#lastAskedMs[index] = nowMs
    const writtenMs = core.run(nowMs, costs.questionUs / 1_000)
    const bytes = questionBytes + packetBytes
    this.counts.questions += 1
    this.counts.bytes += bytes
    const leftMs = this.#lineOut.run(writtenMs, bytes / bytesPerMs)
    const arrivesMs = Math.max(this.#arrivesThereMs[index] ?? 0, leftMs + network.transitMs())
    this.#arrivesThereMs[index] = arrivesMs
    this.#plan(arrivesMs, kind, index, serial)
    return writtenMs
  }

  /** The question is there. */
  #arrive(index: number, serial: number, kind: number, nowMs: number): void {
    const sent = this.#options.respondents.answer(index, nowMs)
    if (!sent) return
    const arrivesMs = Math.max(this.#arrivesHereMs[index] ?? 0, sent.atMs + this.#options.network.transitMs())
    this.#arrivesHereMs[index] = arrivesMs
    const event = this.#eventOf(kind === kinds.arrive ? kinds.hear : kinds.hearAlone, index, serial)
    this.#sent.set(event, sent)
    this.#schedule(arrivesMs, event)
  }

  /** An answer comes in. */
  #hear(index: number, serial: number, kind: number, atMs: number): void {
    const event = this.#eventOf(kind, index, serial)
    const whole = this.#whole.get(event)
    if (whole) {
      this.#whole.delete(event)
      return this.#take(index, serial, kind, whole, atMs)
    }
    const sent = this.#sent.get(event)
    if (!sent) return
    this.#sent.delete(event)
    const bytes = answerHeaderBytes + sent.lines * lineBytes
    this.counts.bytes += bytes + packetBytes * 2
    const isThereMs = this.#lineIn.run(atMs, (bytes + packetBytes) / this.#options.bytesPerMs)
    if (isThereMs - atMs < noticeableMs) return this.#take(index, serial, kind, sent, atMs)
    this.#whole.set(event, sent)
    this.#schedule(isThereMs, event)
  }

  #take(index: number, serial: number, kind: number, sent: SentAnswer, atMs: number): void {
    const { core, costs } = this.#options
    const costMs = (costs.answerUs + Math.max(0, sent.lines - 1) * costs.lineUs) / 1_000
    const nowMs = core.run(atMs, costMs)
    this.longestPauseMs = Math.max(this.longestPauseMs, costMs)
    this.counts.answers += 1
    this.#unanswered[index] = 0
    if (this.#isClosed[index] === 1) return
    const isAlone = kind === kinds.hearAlone
    if (isAlone ? this.#askedAlone.get(index)?.serial !== serial : !this.#isOpen(index, serial)) {
      this.counts.late += 1
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
      this.#unanswered[index] = (this.#unanswered[index] ?? 0) + 1
      this.#waitedFor -= 1
    }
    if (this.#waitedFor === 0 && this.#nextTarget >= this.#count) return this.#endRound(nowMs)
    this.#watchDeadline()
  }

  #endRound(nowMs: number): void {
    this.#isOver = true
    this.counts.rounds += 1
    this.roundsMs.push(nowMs - this.#startedAtMs)
    const { core, costs } = this.#options
    const costMs = (costs.roundEndUs * this.#count) / 1_000
    this.longestPauseMs = Math.max(this.longestPauseMs, costMs)
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
    if (this.#isClosed[index] === 1) return
    const asked = this.#askedAlone.get(index)
    if (asked) {
      asked.isToBeAskedAgain = true
      return
    }
    const serial = ((this.#aloneSerials[index] ?? 0) + 1) % aloneSerials
    const writtenMs = this.#ask(index, kinds.arriveAlone, serial, nowMs)
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
    this.#unanswered[index] = (this.#unanswered[index] ?? 0) + 1
  }

  #close(index: number, nowMs: number): void {
    if (this.#isClosed[index] === 1) return
    this.#isClosed[index] = 1
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
