// PUSH and PUB on libnanomsg. A PUB of the library never waits: it drops, uncounted, what a subscriber has no room for.

import type { Clock } from '../../clock.ts'
import type { Publisher, Pusher, SendingOptions, SendOptions } from '../../engine.ts'
import type { LibraryOutbox } from './library-outbox.ts'
import type { NanomsgLibrary } from './library.ts'
import { LibrarySocket } from './library-socket.ts'

export class LibrarySender extends LibrarySocket implements Pusher, Publisher {
  readonly #outbox: LibraryOutbox

  constructor(type: 'PUSH' | 'PUB', library: NanomsgLibrary, clock: Clock, sending: SendingOptions) {
    super(type, library)
    this.#outbox = this.createOutbox(clock, sending)
  }

  send(body: Uint8Array, options?: SendOptions): Promise<void> {
    const refused = this.refuseSend(body)
    return refused ? Promise.reject(refused) : this.#outbox.send(body, options)
  }

  /** Nobody listens: it has nothing to hear. */
  protected override onMessage(): void {}

  protected override onClosing(): void {
    this.#outbox.end()
  }
}
