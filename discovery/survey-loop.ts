// The daemon's heartbeat: a round every interval, single questions in between (who has just connected, who is suspect,
// who was hinted at), and everything that is heard told to the registry in the order in which it happened.

import type { Clock } from '../messaging/sp/clock.ts'
import type { Pipe, RoundOutcome, SurveyAnswer, Surveyor } from '../messaging/sp/engine.ts'
import type { ParsedAnswer } from '../messaging/roll/answer.ts'
import type { LagProbe } from './lag-probe.ts'
import type { LineRights } from './line-rights.ts'
import type { Instance } from './registry/instance.ts'
import type { Registry, RollPipe } from './registry/registry.ts'
import { readAnswer } from '../messaging/roll/answer.ts'

export interface SurveyLoopOptions {
  readonly surveyor: Surveyor
  readonly registry: Registry
  readonly clock: Clock
  readonly lag: LagProbe
  /** Between the starts of two rounds; a longer deadline makes it longer. */
  readonly intervalMs: number
  readonly deadlineMs: number
  /** The engine tells pipes apart: one can be asked alone. */
  readonly hasPipes: boolean
  /** Leaves of an answer what its peer may say. Default: all of it. */
  readonly judge?: LineRights
  readonly onRound: (round: FinishedRound) => void
  /** Of every answer, after so long. */
  readonly onAnswer?: (roundTripMs: number) => void
  readonly onRefused: (pipe: RollPipe, refused: ParsedAnswer['refused']) => void
}

export interface FinishedRound {
  readonly round: number
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly outcome: RoundOutcome
  /** The instances that it is held against. */
  readonly missed: readonly Instance[]
  readonly lagMs: number
  readonly isLagged: boolean
}

/** What every respondent understands: the question of the article that Rollcall comes from. */
const question = Buffer.from('service query')

/** Stands for the whole socket where the engine cannot tell pipes apart. */
const everyone: RollPipe = Object.freeze({ id: 0, isMany: true, local: undefined, remote: undefined })

export class SurveyLoop {
  readonly #options: SurveyLoopOptions
  /** Pipes asked alone now; true when they are to be asked once more, since something may have changed meanwhile. */
  readonly #askedAlone = new Map<RollPipe, boolean>()
  #round = 0
  #stopNextRound: (() => void) | undefined
  #stopAdvance: (() => void) | undefined
  #advanceAtMs: number | undefined
  #isPumpQueued = false
  #isClosed = false

  constructor(options: SurveyLoopOptions) {
    this.#options = options
  }

  start(): void {
    this.#startRound()
  }

  /** Nothing is told to the registry any more; the surveyor's own close ends what is under way. */
  close(): void {
    this.#isClosed = true
    this.#stopNextRound?.()
    this.#stopAdvance?.()
  }

  attached(pipe: Pipe): void {
    this.#options.registry.attach(pipe, this.#options.clock.nowMs())
    this.askAlone(pipe)
    this.#queuePump()
  }

  detached(pipe: Pipe): void {
    this.#options.registry.detach(pipe, this.#options.clock.nowMs())
    this.#queuePump()
  }

  /** Asks one pipe, now. A question that is open already may have been answered before what gave rise to this one, so
   * the pipe is asked again after it; more than that are merged. */
  askAlone(pipe: RollPipe): void {
    if (!this.#options.hasPipes || this.#isClosed) return
    if (this.#askedAlone.has(pipe)) {
      this.#askedAlone.set(pipe, true)
      return
    }
    this.#askedAlone.set(pipe, false)
    const { surveyor, deadlineMs } = this.#options
    const survey = surveyor.survey(question, {
      deadlineMs,
      // The registry was given pipes of this surveyor and of nobody else.
      ...(isPipe(pipe) ? { pipe } : {}),
      onAnswer: (answer) => this.#hear(answer, undefined),
    })
    void survey.outcome.then((outcome) => this.#aloneEnded(pipe, outcome))
  }

  #aloneEnded(pipe: RollPipe, { missing }: RoundOutcome): void {
    const isAskedAgain = this.#askedAlone.get(pipe)
    this.#askedAlone.delete(pipe)
    if (this.#isClosed) return
    if (missing.length > 0) this.#options.registry.missAlone(pipe, this.#options.clock.nowMs())
    else if (isAskedAgain) this.askAlone(pipe)
    this.#queuePump()
  }

  #startRound(): void {
    const { surveyor, clock, deadlineMs, lag } = this.#options
    this.#round += 1
    const round = this.#round
    const startedAtMs = clock.nowMs()
    lag.takeMaxMs()
    const survey = surveyor.survey(question, {
      deadlineMs,
      onAnswer: (answer) => this.#hear(answer, round),
    })
    void survey.outcome.then((outcome) => this.#roundEnded(round, startedAtMs, outcome))
  }

  #roundEnded(round: number, startedAtMs: number, outcome: RoundOutcome): void {
    if (this.#isClosed) return
    const { clock, registry, lag, intervalMs, deadlineMs, onRound } = this.#options
    const endedAtMs = clock.nowMs()
    const lagMs = lag.takeMaxMs()
    // Half a deadline late, and answers given in time may lie unread.
    const isLagged = lagMs > deadlineMs / 2
    const missed = registry.endRound({ startedAtMs, missing: outcome.missing, nowMs: endedAtMs, isLagged })
    onRound({ round, missed, startedAtMs, endedAtMs, outcome, lagMs, isLagged })
    this.#queuePump()
    const inMs = Math.max(0, startedAtMs + intervalMs - endedAtMs)
    this.#stopNextRound = clock.after(inMs, () => this.#startRound())
  }

  #hear(answer: SurveyAnswer, round: number | undefined): void {
    if (this.#isClosed) return
    this.#options.onAnswer?.(answer.roundTripMs)
    const pipe = answer.pipe ?? everyone
    const read = readAnswer(answer.body)
    const parsed = this.#options.judge?.(answer.pipe?.identity, read) ?? read
    const nowMs = this.#options.clock.nowMs()
    const { registry, onRefused } = this.#options
    const homeless = registry.hear(pipe, parsed, { nowMs, roundTripMs: answer.roundTripMs, round })
    if (parsed.refused.length + homeless.length > 0) onRefused(pipe, [...parsed.refused, ...homeless])
    this.#queuePump()
  }

  /** Once after whatever happens now: thousands of answers may come in one tick. */
  #queuePump(): void {
    if (this.#isPumpQueued) return
    this.#isPumpQueued = true
    queueMicrotask(() => {
      this.#isPumpQueued = false
      this.#pump()
    })
  }

  /** Does what the registry asks for: questions now, and its own time when that comes. */
  #pump(): void {
    if (this.#isClosed) return
    const { registry, clock } = this.#options
    for (const pipe of registry.takeQuestions()) this.askAlone(pipe)
    this.#advanceAt(registry.nextAtMs(), clock.nowMs())
  }

  #advanceAt(atMs: number | undefined, nowMs: number): void {
    if (atMs === this.#advanceAtMs) return
    this.#stopAdvance?.()
    this.#advanceAtMs = atMs
    if (atMs === undefined) return
    this.#stopAdvance = this.#options.clock.after(Math.max(0, atMs - nowMs), () => {
      this.#advanceAtMs = undefined
      this.#options.registry.advance(this.#options.clock.nowMs())
      this.#pump()
    })
  }
}

function isPipe(pipe: RollPipe): pipe is Pipe {
  return 'close' in pipe
}
