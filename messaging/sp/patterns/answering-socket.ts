// RESPONDENT and REP: a handler is given each question and its answer goes back the way the question came. The two
// patterns differ in their endpoint type alone (sp-surveyor-01, sp-request-reply-01). Handlers may overlap, and be asked
// by several peers at once: the way back is kept with each question and never shared.

import type { Handler, HandlerOptions, QuestionContext, Replier, Respondent } from '../engine.ts'
import type { Carrier } from '../transport.ts'
import type { PatternContext } from './pattern-socket.ts'
import { noHeader, readBacktrace } from '../header.ts'
import { CarrierPipe, PatternSocket } from './pattern-socket.ts'

export class AnsweringSocket extends PatternSocket<AnsweringPipe> implements Respondent, Replier {
  readonly type: 'RESPONDENT' | 'REP'
  override readonly expectsQuestions: boolean
  readonly #handler: Handler
  readonly #onError: ((error: unknown) => void) | undefined

  constructor(type: 'RESPONDENT' | 'REP', handler: Handler, context: PatternContext, options: HandlerOptions) {
    super(context, options)
    this.type = type
    this.expectsQuestions = type === 'RESPONDENT'
    this.#handler = handler
    this.#onError = options.onError
  }

  protected override createPipe(carrier: Carrier): AnsweringPipe {
    return new AnsweringPipe(carrier)
  }

  protected override onMessage(pipe: AnsweringPipe, message: Buffer): void {
    const headerBytes = readBacktrace(message, this.context.limits.maxHeaderWords)
    if (typeof headerBytes === 'string') return this.drop(headerBytes)
    const header = message.subarray(0, headerBytes)
    let answer: ReturnType<Handler>
    try {
      answer = this.#handler(message.subarray(headerBytes), new Question(pipe))
    } catch (error) {
      return this.#failed(pipe, error)
    }
    if (!(answer instanceof Promise)) return this.#answer(pipe, header, answer)
    pipe.handling += 1
    this.#limit(pipe)
    answer.then(
      (body) => {
        pipe.handling -= 1
        return this.#answer(pipe, header, body)
      },
      (error: unknown) => {
        pipe.handling -= 1
        return this.#failed(pipe, error)
      },
    )
  }

  #answer(pipe: AnsweringPipe, header: Buffer, body: Uint8Array | undefined): void {
    if (body !== undefined) {
      if (!pipe.isAttached) this.drop('peer-gone')
      else if (header.length + body.length > this.context.limits.maxMessageBytes) this.drop('oversized-answer')
      else pipe.carrier.send(header, body)
    }
    this.#limit(pipe)
  }

  #failed(pipe: AnsweringPipe, error: unknown): void {
    this.drop('handler-failed')
    this.#answer(pipe, noHeader, undefined)
    this.#onError?.(error)
  }

  protected override onDrained(pipe: AnsweringPipe): void {
    this.#limit(pipe)
  }

  protected override onDetached(pipe: AnsweringPipe): void {
    pipe.gone.abort(new Error('the pipe that the question came on is gone'))
  }

  /** A peer that asks faster than it takes answers, or than handlers give them, is not read from meanwhile. */
  #limit(pipe: AnsweringPipe): void {
    const { maxHandlersPerPipe, maxQueuedBytes } = this.context.limits
    const isOver = pipe.handling >= maxHandlersPerPipe || pipe.carrier.queuedBytes >= maxQueuedBytes
    if (isOver === pipe.isPaused) return
    pipe.isPaused = isOver
    if (isOver) pipe.carrier.pause()
    else pipe.carrier.resume()
  }
}

class AnsweringPipe extends CarrierPipe {
  handling = 0
  isPaused = false
  #gone: AbortController | undefined

  /** Made when first asked for: most handlers never look. */
  get gone(): AbortController {
    this.#gone ??= new AbortController()
    return this.#gone
  }
}

class Question implements QuestionContext {
  readonly pipe: AnsweringPipe

  constructor(pipe: AnsweringPipe) {
    this.pipe = pipe
  }

  get signal(): AbortSignal {
    return this.pipe.gone.signal
  }
}
