// PUSH, as in sp-pipeline-01: each message goes to one peer. There is no header; a message that a lost pipe carried is lost
// with it, as the protocol has it.

import type { Pusher, SendingOptions, SendOptions } from '../engine.ts'
import type { Carrier } from '../transport.ts'
import type { Outbox } from './outbox.ts'
import type { PatternContext } from './pattern-socket.ts'
import { RollcallError } from '../error.ts'
import { noHeader } from '../header.ts'
import { CarrierPipe, PatternSocket } from './pattern-socket.ts'
import { PipeRing } from './pipe-ring.ts'

export class PusherSocket extends PatternSocket implements Pusher {
  readonly type = 'PUSH'
  readonly #ring: PipeRing<CarrierPipe>
  readonly #outbox: Outbox

  constructor(context: PatternContext, options: SendingOptions) {
    super(context, options)
    this.#ring = new PipeRing(context.limits.maxQueuedBytes)
    this.#outbox = this.createOutbox(options, (body) => this.#trySend(body))
  }

  send(body: Uint8Array, options?: SendOptions): Promise<void> {
    const refused = this.refuseSend(body)
    return refused ? Promise.reject(refused) : this.#outbox.send(body, options)
  }

  #trySend(body: Uint8Array): boolean {
    const pipe = this.#ring.next()
    pipe?.carrier.send(noHeader, body)
    return pipe !== undefined
  }

  protected override createPipe(carrier: Carrier): CarrierPipe {
    return new CarrierPipe(carrier)
  }

  /** A PULL has nothing to say. */
  protected override onMessage(): void {
    this.drop('unexpected')
  }

  protected override onAttached(pipe: CarrierPipe): void {
    this.#ring.add(pipe)
    this.#outbox.flush()
  }

  protected override onDrained(): void {
    this.#outbox.flush()
  }

  protected override onDetached(pipe: CarrierPipe): void {
    this.#ring.remove(pipe)
  }

  protected override onClosing(): void {
    this.#outbox.end(new RollcallError('CLOSED', 'the socket was closed'))
  }
}
