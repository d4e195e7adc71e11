// BUS, as in sp-bus: each message goes to every peer that is connected here, and to nobody beyond; there is no header.

import type { Bus, Message, Pipe, ReceivingOptions, SendingOptions, SendOptions } from '../engine.ts'
import type { Carrier } from '../transport.ts'
import type { Inbox } from './inbox.ts'
import type { Outbox } from './outbox.ts'
import type { PatternContext } from './pattern-socket.ts'
import { noHeader } from '../header.ts'
import { sendToAll } from './fan-out.ts'
import { sent } from './outbox.ts'
import { CarrierPipe, PatternSocket } from './pattern-socket.ts'

class BusPipe extends CarrierPipe {
  readonly outbox: Outbox

  constructor(
    carrier: Carrier,
    createOutbox: (trySend: (body: Uint8Array) => boolean) => Outbox,
    maxQueuedBytes: number,
  ) {
    super(carrier)
    this.outbox = createOutbox((body) => {
      if (carrier.queuedBytes >= maxQueuedBytes) return false
      carrier.send(noHeader, body)
      return true
    })
  }
}

export class BusSocket extends PatternSocket<BusPipe> implements Bus {
  readonly type = 'BUS'
  readonly #options: SendingOptions
  readonly #inbox: Inbox

  constructor(context: PatternContext, options: SendingOptions & ReceivingOptions) {
    super(context, options)
    this.#options = options
    this.#inbox = this.createInbox(options)
  }

  send(body: Uint8Array, options?: SendOptions): Promise<void> {
    const refused = this.refuseSend(body)
    return refused ? Promise.reject(refused) : sendToAll(this.pipes, body, options)
  }

  /** To every peer but the one that brought it: a device that sends back what it hears. */
  sendExcept(source: Pipe | undefined, body: Uint8Array): Promise<void> {
    if (this.isClosed) return sent
    return sendToAll(
      [...this.pipes].filter((pipe) => pipe !== source),
      body,
      undefined,
    )
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return this.#inbox[Symbol.asyncIterator]()
  }

  protected override createPipe(carrier: Carrier): BusPipe {
    const { maxQueuedBytes } = this.context.limits
    return new BusPipe(carrier, (trySend) => this.createOutbox(this.#options, trySend), maxQueuedBytes)
  }

  protected override onMessage(pipe: BusPipe, message: Buffer): void {
    this.#inbox.received(message, pipe, pipe.carrier)
  }

  protected override onDrained(pipe: BusPipe): void {
    pipe.outbox.flush()
  }

  /** Who has left needs no room any more. */
  protected override onDetached(pipe: BusPipe): void {
    pipe.outbox.end()
    this.#inbox.detached(pipe.carrier)
  }

  protected override onClosing(): void {
    this.#inbox.end()
  }
}
