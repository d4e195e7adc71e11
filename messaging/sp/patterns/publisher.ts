// PUB, as in sp-pubsub: each message goes to every subscriber that wants it. Our own subscribers say what they want, and get that
// alone; foreign ones get everything and filter, as the protocol has it.

import type { Publisher, PublisherOptions, SendOptions } from '../engine.ts'
import type { Role } from '../endpoint-type.ts'
import type { Carrier } from '../transport.ts'
import type { PatternContext } from './pattern-socket.ts'
import { endpointTypes, rolesOf } from '../endpoint-type.ts'
import { noHeader } from '../header.ts'
import { sendToAll } from './fan-out.ts'
import { PatternSocket } from './pattern-socket.ts'
import { PublisherPipe } from './publisher-pipe.ts'
import { readSubscriptions } from './subscription-frame.ts'

const defaultSlowAfterMs = 2_000
/** Prefixes that one subscriber may tell. */
const maxPrefixes = 1_000_000

const roles: readonly Role[] = Object.freeze([
  { type: endpointTypes.PUB_TOLD, peerType: endpointTypes.SUB_TELLING },
  ...rolesOf('PUB'),
])

export class PublisherSocket extends PatternSocket<PublisherPipe> implements Publisher {
  readonly type = 'PUB'
  override get roles(): readonly Role[] {
    return roles
  }
  readonly #options: PublisherOptions
  /** Empty, and another one for each message: carriers frame what has equal parts once. */
  #header: Uint8Array = noHeader

  constructor(context: PatternContext, options: PublisherOptions) {
    super(context, options)
    this.#options = options
  }

  send(body: Uint8Array, options?: SendOptions): Promise<void> {
    const refused = this.refuseSend(body)
    if (refused) return Promise.reject(refused)
    this.#header = Buffer.alloc(0)
    return sendToAll(this.#wanting(body), body, options)
  }

  *#wanting(body: Uint8Array): Generator<PublisherPipe> {
    for (const pipe of this.pipes) if (pipe.wants(body)) yield pipe
  }

  protected override createPipe(carrier: Carrier, peerType: number): PublisherPipe {
    const { clock, limits } = this.context
    return new PublisherPipe(carrier, {
      isTold: peerType === endpointTypes.SUB_TELLING,
      clock,
      header: () => this.#header,
      maxQueuedBytes: limits.maxQueuedBytes,
      slowAfterMs: this.#options.slowAfterMs ?? defaultSlowAfterMs,
      createOutbox: (trySend) => this.createOutbox(this.#options, trySend),
    })
  }

  /** A foreign SUB has nothing to say. */
  protected override onMessage(pipe: PublisherPipe, message: Buffer): void {
    const told = pipe.prefixes && readSubscriptions(message)
    if (!pipe.prefixes) return this.drop('unexpected')
    if (!told) return this.#refuse(pipe, 'bad-subscription')
    for (const prefix of told.prefixes)
      if (told.change === 'subscribe') pipe.prefixes.add(prefix)
      else pipe.prefixes.remove(prefix)
    if (pipe.prefixes.size > maxPrefixes) this.#refuse(pipe, 'too-many-prefixes')
  }

  #refuse(pipe: PublisherPipe, reason: string): void {
    this.countRejected(reason)
    pipe.close(reason)
  }

  protected override onDrained(pipe: PublisherPipe): void {
    pipe.flush()
  }

  protected override onDetached(pipe: PublisherPipe, reason: string): void {
    if (reason === 'slow') this.countRejected(reason)
    pipe.end()
  }
}
