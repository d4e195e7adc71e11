// PAIR, as in sp-pair-01: one peer, both ways. Version 1 is NNG's and counts hops in a 32-bit header, so that devices cannot
// forward in circles; version 0 is nanomsg's and has no header.

import type { Message, Pair, PairOptions, SendOptions } from '../engine.ts'
import type { Carrier } from '../transport.ts'
import type { PatternContext } from './pattern-socket.ts'
import type { Inbox } from './inbox.ts'
import type { Outbox } from './outbox.ts'
import { RollcallError } from '../error.ts'
import { noHeader } from '../header.ts'
import { CarrierPipe, PatternSocket } from './pattern-socket.ts'

const hopBytes = 4

function formatHops(hops: number): Buffer {
  const header = Buffer.alloc(hopBytes)
  header.writeUInt32BE(hops)
  return header
}

export class PairSocket extends PatternSocket implements Pair {
  readonly type: 'PAIR' | 'PAIR1'
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  #peer: CarrierPipe | undefined

  constructor(context: PatternContext, options: PairOptions) {
    super(context, options)
    this.type = options.version === 1 ? 'PAIR1' : 'PAIR'
    this.#inbox = this.createInbox(options)
    this.#outbox = this.createOutbox(options, (message) => this.#trySend(message))
  }

  send(body: Uint8Array, options?: SendOptions): Promise<void> {
    return this.sendWithHops(body, 1, options)
  }

  /** `hops`: devices on its way, this socket included. */
  protected sendWithHops(body: Uint8Array, hops: number, options?: SendOptions): Promise<void> {
    const refused = this.refuseSend(body)
    if (refused) return Promise.reject(refused)
    // What waits has its header with it; what leaves in its turn has 1, and a device's has more.
    const message = this.type === 'PAIR' ? body : Buffer.concat([formatHops(hops), body])
    return this.#outbox.send(message, options)
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return this.#inbox[Symbol.asyncIterator]()
  }

  #trySend(message: Uint8Array): boolean {
    const peer = this.#peer
    if (!peer || peer.carrier.queuedBytes >= this.context.limits.maxQueuedBytes) return false
    peer.carrier.send(noHeader, message)
    return true
  }

  protected override refusePipe(): string | undefined {
    return this.#peer ? 'second-peer' : undefined
  }

  protected override createPipe(carrier: Carrier): CarrierPipe {
    return new CarrierPipe(carrier)
  }

  protected override onMessage(pipe: CarrierPipe, message: Buffer): void {
    if (this.type === 'PAIR') return this.deliver(pipe, message, 0)
    // The upper 24 bits are reserved, and zero.
    if (message.length < hopBytes || message.readUIntBE(0, 3) !== 0) return this.drop('malformed')
    const hops = message[3] ?? 0
    if (hops > this.context.limits.maxHeaderWords) return this.drop('too-many-hops')
    this.deliver(pipe, message.subarray(hopBytes), hops)
  }

  protected deliver(pipe: CarrierPipe, body: Buffer, _hops: number): void {
    this.#inbox.received(body, pipe, pipe.carrier)
  }

  protected override onAttached(pipe: CarrierPipe): void {
    this.#peer = pipe
    this.#outbox.flush()
  }

  protected override onDrained(): void {
    this.#outbox.flush()
  }

  protected override onDetached(pipe: CarrierPipe): void {
    this.#inbox.detached(pipe.carrier)
    if (this.#peer === pipe) this.#peer = undefined
  }

  protected override onClosing(): void {
    this.#inbox.end()
    this.#outbox.end(new RollcallError('CLOSED', 'the socket was closed'))
  }
}
