// SURVEYOR on libnanomsg: one survey at a time, so that later ones wait for their turn; each lasts its deadline, since nobody
// knows how many were asked.

import type { Round, RoundOutcome, SurveyAnswer, Surveyor, SurveyOptions } from '../../engine.ts'
import type { Clock } from '../../clock.ts'
import type { NanomsgLibrary } from './library.ts'
import { RollcallError } from '../../error.ts'
import { defaultLimits } from '../../limits.ts'
import { AnswerQueue } from '../../patterns/answer-queue.ts'
import { LibrarySocket } from './library-socket.ts'

/** The library's own deadline is behind ours, which alone decides. */
const slackMs = 60_000

interface Survey {
  readonly question: Uint8Array
  readonly options: SurveyOptions
  readonly queue: AnswerQueue | undefined
  readonly resolve: (outcome: RoundOutcome) => void
  readonly onAbort: () => void
  startedAtMs: number
  answered: number
  stopTimer: () => void
}

export class LibrarySurveyor extends LibrarySocket implements Surveyor {
  readonly #clock: Clock
  /** The first is under way. */
  readonly #surveys: Survey[] = []

  constructor(library: NanomsgLibrary, clock: Clock) {
    super('SURVEYOR', library)
    this.#clock = clock
  }

  survey(question: Uint8Array, options: SurveyOptions): Round {
    if (options.pipe) throw new RollcallError('NOT_SUPPORTED', 'the nanomsg engine cannot ask one pipe alone')
    const queue = options.onAnswer ? undefined : new AnswerQueue(defaultLimits.maxRoundBytes)
    const outcome = new Promise<RoundOutcome>((resolve) => {
      const survey: Survey = {
        question,
        options,
        queue,
        resolve,
        onAbort: () => this.#end(survey, 'aborted'),
        startedAtMs: this.#clock.nowMs(),
        answered: 0,
        stopTimer() {},
      }
      this.#surveys.push(survey)
      if (this.isClosed) return this.#end(survey, 'closed')
      if (options.signal?.aborted) return this.#end(survey, 'aborted')
      options.signal?.addEventListener('abort', survey.onAbort)
      if (this.#surveys.length === 1) this.#start(survey)
    })
    return { outcome, [Symbol.asyncIterator]: () => (queue ?? new AnswerQueue(0).ended()).iterate() }
  }

  #start(survey: Survey): void {
    const { library } = this
    survey.startedAtMs = this.#clock.nowMs()
    const { deadlineMs } = survey.options
    library.Setopt(this.handle, library.NN_SURVEYOR, library.NN_SURVEYOR_DEADLINE, Math.ceil(deadlineMs) + slackMs)
    survey.stopTimer = this.#clock.after(deadlineMs, () => this.#end(survey, 'deadline'))
    if (!this.trySend(survey.question)) this.drop('send-failed')
    this.startListening()
  }

  #end(survey: Survey, endedBy: RoundOutcome['endedBy']): void {
    const at = this.#surveys.indexOf(survey)
    if (at < 0) return
    this.#surveys.splice(at, 1)
    survey.stopTimer()
    survey.options.signal?.removeEventListener('abort', survey.onAbort)
    survey.queue?.ended()
    survey.resolve({
      asked: undefined,
      answered: survey.answered,
      missing: [],
      skipped: [],
      late: 0,
      durationMs: this.#clock.nowMs() - survey.startedAtMs,
      endedBy,
    })
    if (at > 0) return
    // Between surveys the library reports itself readable all the time.
    this.stopListening()
    const [next] = this.#surveys
    if (next && !this.isClosed) this.#start(next)
  }

  protected override onMessage(body: Buffer): void {
    const [survey] = this.#surveys
    if (!survey) return this.drop('late')
    const answer: SurveyAnswer = { pipe: undefined, body, roundTripMs: this.#clock.nowMs() - survey.startedAtMs }
    survey.answered += 1
    survey.options.onAnswer?.(answer)
    if (survey.queue && !survey.queue.push(answer)) this.drop('round-full')
  }

  protected override onClosing(): void {
    for (const survey of this.#surveys.splice(0).toReversed()) {
      this.#surveys.push(survey)
      this.#end(survey, 'closed')
    }
  }
}
