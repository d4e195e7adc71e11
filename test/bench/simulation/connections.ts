// The connections of one who asks: questions and answers on their way, the line that they share, and what they cost the one core. When a
// question is put, and what follows from an answer or from none, is the asker's business.

import type { SurveyCosts } from './costs.ts'
import type { AskerEvent } from './events.ts'
import type { Network } from './network.ts'
import type { Respondents, SentAnswer } from './respondents.ts'
import { answerHeaderBytes, answerUsAmong, lineBytes, packetBytes, questionBytes } from './costs.ts'
import { formatEvent, kinds } from './events.ts'
import { Processor } from './processor.ts'

export interface ConnectionsOptions {
  readonly network: Network
  readonly costs: SurveyCosts
  readonly respondents: Respondents
  /** The core that it runs on. */
  readonly core: Processor
  /** Of its line to the network, in both directions. */
  readonly bytesPerMs: number
}

export interface MessageCounts {
  questions: number
  answers: number
  /** On the wire, headers and acknowledgements included. */
  bytes: number
}

/** As messaging/sp/patterns/surveyor-pipe.ts: a pipe that leaves so many unanswered is asked rarely. */
const maxUnanswered = 3
const silentEveryMs = 5_000
/** An answer that takes longer than this on the line is handled when all of it is there; any other as it comes. */
const noticeableMs = 0.05

export class Connections {
  readonly counts: MessageCounts = { questions: 0, answers: 0, bytes: 0 }
  /** The longest that one answer took. */
  longestMs = 0
  readonly #options: ConnectionsOptions
  readonly #schedule: (atMs: number, event: number) => void
  readonly #count: number
  readonly #answerUs: number
  readonly #lineIn = new Processor()
  readonly #lineOut = new Processor()
  readonly #isClosed: Uint8Array
  readonly #unanswered: Uint8Array
  readonly #lastAskedMs: Float64Array
  /** When the latest message on a connection arrives, each way: none overtakes another. */
  readonly #arrivesThereMs: Float64Array
  readonly #arrivesHereMs: Float64Array
  /** Answers on their way. */
  readonly #sent = new Map<number, SentAnswer>()
  /** Long ones, on the line. */
  readonly #whole = new Map<number, SentAnswer>()

  constructor(options: ConnectionsOptions, schedule: (atMs: number, event: number) => void) {
    const { count } = options.respondents
    this.#options = options
    this.#schedule = schedule
    this.#count = count
    this.#answerUs = answerUsAmong(count, options.costs)
    this.#isClosed = new Uint8Array(count)
    this.#unanswered = new Uint8Array(count)
    this.#lastAskedMs = new Float64Array(count).fill(-Infinity)
    this.#arrivesThereMs = new Float64Array(count)
    this.#arrivesHereMs = new Float64Array(count)
  }

  isClosed(index: number): boolean {
    return this.#isClosed[index] === 1
  }

  close(index: number): void {
    this.#isClosed[index] = 1
  }

  /** A question was not answered in time. */
  missed(index: number): void {
    this.#unanswered[index] = (this.#unanswered[index] ?? 0) + 1
  }

  /** When the question is written; undefined when the pipe leaves too much unanswered. */
  ask(question: AskerEvent, nowMs: number): number | undefined {
    const { index } = question
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
    this.#schedule(arrivesMs, formatEvent(question, this.#count))
    return writtenMs
  }

  /** The question is there. */
  arrived(question: AskerEvent, nowMs: number): void {
    const { index, kind, serial } = question
    const sent = this.#options.respondents.answer(index, nowMs)
    if (!sent) return
    const arrivesMs = Math.max(this.#arrivesHereMs[index] ?? 0, sent.atMs + this.#options.network.transitMs())
    this.#arrivesHereMs[index] = arrivesMs
    const isOfRound = kind === kinds.arrive
    const event = formatEvent({ kind: isOfRound ? kinds.hear : kinds.hearAlone, index, serial }, this.#count)
    this.#sent.set(event, sent)
    this.#schedule(arrivesMs, event)
  }

  /** An answer comes in: it, and when it has been read; undefined while not all of it is here, and when nobody is there any more. */
  hear(answer: AskerEvent, atMs: number): { readonly sent: SentAnswer; readonly nowMs: number } | undefined {
    const event = formatEvent(answer, this.#count)
    const sent = this.#whole.get(event) ?? this.#sent.get(event)
    if (!sent) return undefined
    if (this.#whole.delete(event)) return this.#read(answer.index, sent, atMs)
    this.#sent.delete(event)
    const bytes = answerHeaderBytes + sent.lines * lineBytes
    this.counts.bytes += bytes + packetBytes * 2
    const isThereMs = this.#lineIn.run(atMs, (bytes + packetBytes) / this.#options.bytesPerMs)
    if (isThereMs - atMs < noticeableMs) return this.#read(answer.index, sent, atMs)
    this.#whole.set(event, sent)
    this.#schedule(isThereMs, event)
    return undefined
  }

  #read(index: number, sent: SentAnswer, atMs: number) {
    const { core, costs } = this.#options
    const costMs = (this.#answerUs + Math.max(0, sent.lines - 1) * costs.lineUs) / 1_000
    const nowMs = core.run(atMs, costMs)
    this.longestMs = Math.max(this.longestMs, costMs)
    this.counts.answers += 1
    this.#unanswered[index] = 0
    return this.isClosed(index) ? undefined : { sent, nowMs }
  }
}
