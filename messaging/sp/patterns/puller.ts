// PULL, as in sp-pipeline-01: the messages of all peers, as fast as the program reads them.

import type { Message, Puller, ReceivingOptions } from '../engine.ts'
import type { Carrier } from '../transport.ts'
import type { PatternContext } from './pattern-socket.ts'
import type { Inbox } from './inbox.ts'
import { CarrierPipe, PatternSocket } from './pattern-socket.ts'

export class PullerSocket extends PatternSocket implements Puller {
  readonly type = 'PULL'
  readonly #inbox: Inbox

  constructor(context: PatternContext, options: ReceivingOptions) {
    super(context, options)
    this.#inbox = this.createInbox(options)
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return this.#inbox[Symbol.asyncIterator]()
  }

  protected override createPipe(carrier: Carrier): CarrierPipe {
    return new CarrierPipe(carrier)
  }

  protected override onMessage(pipe: CarrierPipe, message: Buffer): void {
    this.#inbox.received(message, pipe, pipe.carrier)
  }

  protected override onDetached(pipe: CarrierPipe): void {
    this.#inbox.detached(pipe.carrier)
  }

  protected override onClosing(): void {
    this.#inbox.end()
  }
}
