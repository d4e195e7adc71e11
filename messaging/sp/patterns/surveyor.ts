// SURVEYOR, as in sp-surveyor-01: any number of surveys open at once, each its own round. Answers to a survey that is over
// are dropped and counted, and still show that their peer lives.

import type { Round, SurveyOptions, Surveyor, SurveyorOptions } from '../engine.ts'
import type { Carrier } from '../transport.ts'
import type { PatternContext } from './pattern-socket.ts'
import { createIdSequence, formatId, readId } from '../header.ts'
import { PatternSocket } from './pattern-socket.ts'
import { SurveyorPipe } from './surveyor-pipe.ts'
import { SurveyRound } from './survey-round.ts'

export class SurveyorSocket extends PatternSocket<SurveyorPipe> implements Surveyor {
  readonly type = 'SURVEYOR'
  readonly #ids
  readonly #rounds = new Map<number, SurveyRound>()
  readonly #onLate: SurveyorOptions['onLate']

  constructor(context: PatternContext, options: SurveyorOptions) {
    super(context, options)
    this.#ids = createIdSequence(context.random)
    this.#onLate = options.onLate
  }

  survey(question: Uint8Array, options: SurveyOptions): Round {
    const id = this.#nextId()
    const header = formatId(id)
    const round = new SurveyRound(
      {
        context: this.context,
        ask: (pipe) => this.#ask(pipe, header, question),
        ended: () => void this.#rounds.delete(id),
        drop: (reason) => this.drop(reason),
      },
      this.#targets(options),
      options,
    )
    this.#rounds.set(id, round)
    if (this.isClosed) round.end('closed')
    else round.start()
    return round
  }

  #nextId(): number {
    let id = this.#ids.next()
    while (this.#rounds.has(id)) id = this.#ids.next()
    return id
  }

  #targets({ pipe }: SurveyOptions): readonly SurveyorPipe[] {
    if (!pipe) return [...this.pipes]
    return pipe instanceof SurveyorPipe && this.pipes.has(pipe) ? [pipe] : []
  }

  #ask(pipe: SurveyorPipe, header: Buffer, question: Uint8Array): boolean {
    const nowMs = this.context.clock.nowMs()
    if (!pipe.mayBeAsked(nowMs)) return false
    if (pipe.carrier.queuedBytes >= this.context.limits.maxQueuedBytes) {
      this.drop('pipe-full')
      return false
    }
    pipe.lastAskedMs = nowMs
    pipe.carrier.send(header, question)
    return true
  }

  protected override createPipe(carrier: Carrier): SurveyorPipe {
    return new SurveyorPipe(carrier)
  }

  protected override onMessage(pipe: SurveyorPipe, message: Buffer): void {
    const id = readId(message)
    if (id === undefined) return this.drop('malformed')
    if (!this.#ids.isOurs(id)) return this.drop('unknown-id')
    pipe.unanswered = 0
    const isRepeated = pipe.lastAnsweredId === id
    pipe.lastAnsweredId = id
    if (this.#rounds.get(id)?.answer(pipe, message.subarray(4))) return
    if (isRepeated) pipe.isMany = true
    this.drop('late')
    for (const round of this.#rounds.values()) round.late += 1
    this.#onLate?.(pipe)
  }

  protected override onDetached(pipe: SurveyorPipe): void {
    for (const round of this.#rounds.values()) round.detached(pipe)
  }

  protected override onClosing(): void {
    for (const round of this.#rounds.values()) round.end('closed')
  }
}
