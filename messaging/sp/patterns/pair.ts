// PAIR, as in sp-pair-01: one peer, both ways. Version 1 is NNG's and counts hops in a 32-bit header, so that devices cannot
// forward in circles; version 0 is nanomsg's and has no header.

import type { Message, Pair, PairOptions, SendOptions } from '../engine.ts'
import type { Carrier } from '../transport.ts'
import type { PatternContext } from './pattern-socket.ts'
import type { Inbox } from './inbox.ts'
import type { Outbox } from './outbox.ts'
import { RollcallError } from '../error.ts'
import { formatId, noHeader } from '../header.ts'
import { CarrierPipe, PatternSocket } from './pattern-socket.ts'

const hopBytes = 4

export class PairSocket extends PatternSocket implements Pair {
  readonly type: 'PAIR' | 'PAIR1'
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  #peer: CarrierPipe | undefined

  constructor(context: PatternContext, options: PairOptions) {
    super(context, options)
    this.type = options.version === 1 ? 'PAIR1' : 'PAIR'
    this.#inbox = this.createInbox(options)
    this.#outbox = this.createOutbox(options, (body) => this.#trySend(body))
  }

  send(body: Uint8Array, options?: SendOptions): Promise<void> {
    const refused = this.refuseSend(body)
    return refused ? Promise.reject(refused) : this.#outbox.send(body, options)
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return this.#inbox[Symbol.asyncIterator]()
  }

  #trySend(body: Uint8Array): boolean {
    const peer = this.#peer
    if (!peer || peer.carrier.queuedBytes >= this.context.limits.maxQueuedBytes) return false
    peer.carrier.send(this.type === 'PAIR1' ? formatId(1) : noHeader, body)
    return true
  }

  protected override refusePipe(): string | undefined {
    return this.#peer ? 'second-peer' : undefined
  }

  protected override createPipe(carrier: Carrier): CarrierPipe {
    return new CarrierPipe(carrier)
  }

  protected override onMessage(pipe: CarrierPipe, message: Buffer): void {
    if (this.type === 'PAIR') return this.#inbox.received(pipe, message)
    // The upper 24 bits are reserved, and zero.
    if (message.length < hopBytes || message.readUIntBE(0, 3) !== 0) return this.drop('malformed')
    if ((message[3] ?? 0) > this.context.limits.maxHeaderWords) return this.drop('too-many-hops')
    this.#inbox.received(pipe, message.subarray(hopBytes))
  }

  protected override onAttached(pipe: CarrierPipe): void {
    this.#peer = pipe
    this.#outbox.flush()
  }

  protected override onDrained(): void {
    this.#outbox.flush()
  }

  protected override onDetached(pipe: CarrierPipe): void {
    this.#inbox.detached(pipe)
    if (this.#peer === pipe) this.#peer = undefined
  }

  protected override onClosing(): void {
    this.#inbox.end()
    this.#outbox.end(new RollcallError('CLOSED', 'the socket was closed'))
  }
}
