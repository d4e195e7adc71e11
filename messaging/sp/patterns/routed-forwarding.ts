// The two sides of a device for REQ/REP and for surveys: questions are forwarded with the number of the pipe that they came on as one more
// hop word, and each answer finds its way back by taking it off again (sp-request-reply-01, sp-surveyor-01: routing).

import type { SocketOptions } from '../engine.ts'
import type { Carrier } from '../transport.ts'
import type { PatternContext } from './pattern-socket.ts'
import { noHeader, readBacktrace, readHop } from '../header.ts'
import { CarrierPipe, PatternSocket } from './pattern-socket.ts'
import { PipeRing } from './pipe-ring.ts'

/** 31 bits: the top bit marks the id that ends a header. */
const channelMask = 0x7fff_ffff

/** Where those who ask connect. */
export class AskingSide extends PatternSocket {
  readonly type: 'REP' | 'RESPONDENT'
  override readonly expectsQuestions: boolean
  readonly #forward: (hop: Buffer, question: Buffer) => boolean
  /** By channel. */
  readonly #byChannel = new Map<number, CarrierPipe>()
  /** Questions that found no room, one of each pipe, which is not read from meanwhile. */
  readonly #held = new Map<CarrierPipe, Buffer>()
  readonly #firstChannel: number

  constructor(
    type: 'REP' | 'RESPONDENT',
    context: PatternContext,
    options: SocketOptions,
    forward: (hop: Buffer, question: Buffer) => boolean,
  ) {
    super(context, options)
    this.type = type
    this.expectsQuestions = type === 'RESPONDENT'
    this.#forward = forward
    // A late answer to a device of the same address that was here before must find nobody.
    this.#firstChannel = Math.floor(context.random() * channelMask)
  }

  /** An answer that came back with a hop word of ours. */
  answer(message: Buffer): void {
    const channel = readHop(message)
    if (channel === undefined) return this.drop('malformed')
    const pipe = this.#byChannel.get(channel)
    if (!pipe) return this.drop('peer-gone')
    // One that does not read its answers holds up nobody else's.
    if (pipe.carrier.queuedBytes >= this.context.limits.maxQueuedBytes) return this.drop('pipe-full')
    pipe.carrier.send(noHeader, message.subarray(4))
  }

  /** There may be room again. */
  retry(): void {
    for (const [pipe, question] of this.#held) {
      if (!this.#forward(this.#hopOf(pipe), question)) return
      this.#held.delete(pipe)
      pipe.carrier.resume()
    }
  }

  protected override createPipe(carrier: Carrier): CarrierPipe {
    return new CarrierPipe(carrier)
  }

  protected override onAttached(pipe: CarrierPipe): void {
    this.#byChannel.set(this.#channelOf(pipe), pipe)
  }

  protected override onDetached(pipe: CarrierPipe): void {
    this.#byChannel.delete(this.#channelOf(pipe))
    this.#held.delete(pipe)
  }

  protected override onMessage(pipe: CarrierPipe, message: Buffer): void {
    const headerBytes = readBacktrace(message, this.context.limits.maxHeaderWords)
    if (typeof headerBytes === 'string') return this.drop(headerBytes)
    if (this.#forward(this.#hopOf(pipe), message)) return
    this.#held.set(pipe, message)
    pipe.carrier.pause()
  }

  #channelOf(pipe: CarrierPipe): number {
    return (this.#firstChannel + pipe.id) & channelMask
  }

  #hopOf(pipe: CarrierPipe): Buffer {
    const word = Buffer.allocUnsafe(4)
    word.writeUInt32BE(this.#channelOf(pipe))
    return word
  }
}

/** Where those who answer are. */
export class AnsweringSide extends PatternSocket {
  readonly type: 'REQ' | 'SURVEYOR'
  readonly #ring: PipeRing<CarrierPipe>
  readonly #asking: () => AskingSide

  constructor(type: 'REQ' | 'SURVEYOR', context: PatternContext, options: SocketOptions, asking: () => AskingSide) {
    super(context, options)
    this.type = type
    this.#ring = new PipeRing(context.limits.maxQueuedBytes)
    this.#asking = asking
  }

  /** False when it has to wait for room: a request goes to one, and a survey to everyone who has any. */
  forward(hop: Buffer, question: Buffer): boolean {
    if (this.type === 'SURVEYOR') {
      for (const pipe of this.pipes)
        if (this.#ring.hasRoom(pipe)) pipe.carrier.send(hop, question)
        else this.drop('pipe-full')
      return true
    }
    const pipe = this.#ring.next()
    pipe?.carrier.send(hop, question)
    return pipe !== undefined
  }

  protected override createPipe(carrier: Carrier): CarrierPipe {
    return new CarrierPipe(carrier)
  }

  protected override onMessage(_pipe: CarrierPipe, message: Buffer): void {
    this.#asking().answer(message)
  }

  protected override onAttached(pipe: CarrierPipe): void {
    this.#ring.add(pipe)
    this.#asking().retry()
  }

  protected override onDrained(): void {
    this.#asking().retry()
  }

  protected override onDetached(pipe: CarrierPipe): void {
    this.#ring.remove(pipe)
  }
}
