// PAIR and BUS on libnanomsg, which both say and hear. A BUS of the library never waits: it drops, uncounted, what a neighbour has no
// room for.

import type { Clock } from '../../clock.ts'
import type { Bus, Message, Pair, ReceivingOptions, SendingOptions, SendOptions } from '../../engine.ts'
import type { Inbox } from '../../patterns/inbox.ts'
import type { LibraryOutbox } from './library-outbox.ts'
import type { NanomsgLibrary } from './library.ts'
import { LibrarySocket } from './library-socket.ts'

export class LibraryPeer extends LibrarySocket implements Pair, Bus {
  readonly #inbox: Inbox
  readonly #outbox: LibraryOutbox

  constructor(type: 'PAIR' | 'BUS', library: NanomsgLibrary, clock: Clock, options: SendingOptions & ReceivingOptions) {
    super(type, library)
    this.#inbox = this.createInbox(options)
    this.#outbox = this.createOutbox(clock, options)
    this.startListening()
  }

  send(body: Uint8Array, options?: SendOptions): Promise<void> {
    const refused = this.refuseSend(body)
    return refused ? Promise.reject(refused) : this.#outbox.send(body, options)
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return this.#inbox[Symbol.asyncIterator]()
  }

  protected override onMessage(message: Buffer): void {
    this.#inbox.received(message, undefined, this.source)
  }

  protected override onClosing(): void {
    this.#inbox.end()
    this.#outbox.end()
  }
}
