// One survey under way: who was asked when, who answered, and when it is over. Knows no wire: the surveyor writes the
// questions and brings the answers. A round ends when everyone asked has answered or left, or when the last deadline
// has passed; a *many* pipe is waited for until its own deadline, since nobody knows how many stand behind it.

import type { Round, RoundOutcome, SurveyAnswer, SurveyOptions } from '../engine.ts'
import type { PatternContext } from './pattern-socket.ts'
import type { SurveyorPipe } from './surveyor-pipe.ts'
import { AnswerQueue } from './answer-queue.ts'
import { createPacing, defaultPacing } from './pacing.ts'

export interface Ask {
  readonly round: SurveyRound
  readonly pipe: SurveyorPipe
  readonly atMs: number
  state: 'open' | 'answered' | 'left' | 'missed'
  /** It keeps the round from ending early: open, or on a *many* pipe before its deadline. */
  isWaitedFor: boolean
}

/** What the surveyor does for a round. */
export interface RoundHost {
  readonly context: PatternContext
  /** Writes the question; false when the pipe leaves too much unanswered or unread. */
  ask(pipe: SurveyorPipe): boolean
  ended(round: SurveyRound): void
  drop(reason: string): void
}

export class SurveyRound implements Round {
  readonly outcome: Promise<RoundOutcome>
  late = 0
  readonly #host: RoundHost
  readonly #options: SurveyOptions
  readonly #startedAtMs: number
  readonly #targets: readonly SurveyorPipe[]
  /** Those whose pipe was asked again by another survey since: all others are found on the pipe. */
  readonly #displaced = new Map<SurveyorPipe, Ask>()
  /** In the order asked, which is the order of their deadlines. */
  readonly #byDeadline: Ask[] = []
  readonly #skipped: SurveyorPipe[] = []
  readonly #pacing = createPacing()
  readonly #queue: AnswerQueue | undefined
  #resolveOutcome: ((outcome: RoundOutcome) => void) | undefined
  #nextTarget = 0
  #nextDeadline = 0
  #waitedFor = 0
  #answered = 0
  #isOver = false
  #stopDeadline: (() => void) | undefined
  #stopRefill: (() => void) | undefined

  constructor(host: RoundHost, targets: readonly SurveyorPipe[], options: SurveyOptions) {
    this.#host = host
    this.#options = options
    this.#targets = targets
    this.#startedAtMs = host.context.clock.nowMs()
    this.#queue = options.onAnswer ? undefined : new AnswerQueue(host.context.limits.maxRoundBytes)
    this.outcome = new Promise((resolve) => {
      this.#resolveOutcome = resolve
    })
  }

  /** Asks as many as the window allows. Not in the constructor: the surveyor must know the round before an answer. */
  start(): void {
    this.#options.signal?.addEventListener('abort', this.#onAbort)
    if (this.#options.signal?.aborted) this.end('aborted')
    else this.#askMore()
  }

  [Symbol.asyncIterator](): AsyncIterator<SurveyAnswer> {
    return this.#queue ? this.#queue.iterate() : new AnswerQueue(0).ended().iterate()
  }

  /** False when the answer came too late, or from a pipe that was not asked. */
  answer(pipe: SurveyorPipe, body: Buffer): boolean {
    const ask = this.#find(pipe)
    const nowMs = this.#host.context.clock.nowMs()
    if (!ask || (ask.state === 'answered' && nowMs - ask.atMs > this.#options.deadlineMs)) return false
    if (ask.state !== 'open' && ask.state !== 'answered') return false
    const isFirst = ask.state === 'open'
    if (isFirst) {
      ask.state = 'answered'
      this.#pacing.giveBack()
      if (!pipe.isMany) this.#waitNoMore(ask)
    } else if (!pipe.isMany) {
      pipe.isMany = true
      this.#waitFor(ask)
    }
    this.#answered += 1
    const answer = { pipe, body, roundTripMs: nowMs - ask.atMs }
    this.#options.onAnswer?.(answer)
    if (this.#queue && !this.#queue.push(answer)) this.#host.drop('round-full')
    if (isFirst) this.#goOn()
    return true
  }

  detached(pipe: SurveyorPipe): void {
    const ask = this.#find(pipe)
    if (!ask || ask.state === 'missed') return
    if (ask.state === 'open') this.#pacing.giveBack()
    ask.state = 'left'
    this.#waitNoMore(ask)
    this.#goOn()
  }

  #find(pipe: SurveyorPipe): Ask | undefined {
    return pipe.lastAsk?.round === this ? pipe.lastAsk : this.#displaced.get(pipe)
  }

  #remember(ask: Ask): void {
    const { lastAsk } = ask.pipe
    if (lastAsk && !lastAsk.round.#isOver) lastAsk.round.#displaced.set(ask.pipe, lastAsk)
    ask.pipe.lastAsk = ask
    this.#byDeadline.push(ask)
  }

  #waitFor(ask: Ask): void {
    if (!ask.isWaitedFor) this.#waitedFor += 1
    ask.isWaitedFor = true
  }

  #waitNoMore(ask: Ask): void {
    if (ask.isWaitedFor) this.#waitedFor -= 1
    ask.isWaitedFor = false
  }

  end(endedBy: RoundOutcome['endedBy']): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopDeadline?.()
    this.#stopRefill?.()
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    const missing = [...this.#skipped]
    for (const { pipe, state } of this.#byDeadline)
      if (pipe.isAttached && (state === 'open' || state === 'missed')) missing.push(pipe)
    this.#host.ended(this)
    this.#queue?.ended()
    this.#resolveOutcome?.({
      asked: this.#byDeadline.length + this.#skipped.length,
      answered: this.#answered,
      missing,
      skipped: this.#skipped,
      late: this.late,
      durationMs: this.#host.context.clock.nowMs() - this.#startedAtMs,
      endedBy,
    })
  }

  readonly #onAbort = () => this.end('aborted')

  #goOn(): void {
    if (this.#isOver) return
    if (this.#nextTarget < this.#targets.length) {
      if (this.#pacing.isRoomy) this.#askMore()
    } else if (this.#waitedFor === 0) this.end('complete')
  }

  #askMore(): void {
    while (this.#nextTarget < this.#targets.length) {
      const pipe = this.#targets[this.#nextTarget]
      if (!pipe?.isAttached) {
        this.#nextTarget += 1
        continue
      }
      if (!this.#pacing.take()) break
      this.#nextTarget += 1
      if (!this.#host.ask(pipe)) {
        this.#pacing.giveBack()
        this.#skipped.push(pipe)
        continue
      }
      const ask: Ask = { round: this, pipe, atMs: pipe.lastAskedMs, state: 'open', isWaitedFor: false }
      this.#remember(ask)
      this.#waitFor(ask)
    }
    const isAllAsked = this.#nextTarget >= this.#targets.length
    if (isAllAsked && this.#waitedFor === 0) return this.end('complete')
    this.#watchDeadline()
    if (!isAllAsked) this.#watchRefill()
  }

  #watchRefill(): void {
    this.#stopRefill ??= this.#host.context.clock.after(defaultPacing.refillEveryMs, () => {
      this.#stopRefill = undefined
      this.#pacing.refill()
      this.#goOn()
    })
  }

  /** One timer, for the earliest deadline that is still of interest. */
  #watchDeadline(): void {
    if (this.#stopDeadline) return
    const ask = this.#byDeadline[this.#nextDeadline]
    if (!ask) return
    const inMs = ask.atMs + this.#options.deadlineMs - this.#host.context.clock.nowMs()
    this.#stopDeadline = this.#host.context.clock.after(Math.max(0, inMs), () => {
      this.#stopDeadline = undefined
      this.#expire()
    })
  }

  #expire(): void {
    const overdueMs = this.#host.context.clock.nowMs() - this.#options.deadlineMs
    let ask: Ask | undefined
    // Half a millisecond of slack: a timer may fire that much early.
    while ((ask = this.#byDeadline[this.#nextDeadline]) && ask.atMs <= overdueMs + 0.5) {
      this.#nextDeadline += 1
      this.#waitNoMore(ask)
      if (ask.state !== 'open') continue
      ask.state = 'missed'
      ask.pipe.unanswered += 1
    }
    if (this.#waitedFor === 0 && this.#nextTarget >= this.#targets.length) return this.end('deadline')
    this.#watchDeadline()
  }
}
