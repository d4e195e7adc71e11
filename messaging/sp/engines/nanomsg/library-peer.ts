// PAIR and BUS on libnanomsg, which both say and hear. A BUS of the library never waits: it drops, uncounted, what a neighbour has no
// room for.

import type { Clock } from '../../clock.ts'
import type { Bus, Pair, ReceivingOptions, SendingOptions, SendOptions } from '../../engine.ts'
import type { LibraryOutbox } from './library-outbox.ts'
import type { NanomsgLibrary } from './library.ts'
import { LibraryReceiver } from './library-receiver.ts'

export class LibraryPeer extends LibraryReceiver implements Pair, Bus {
  readonly #outbox: LibraryOutbox

  constructor(type: 'PAIR' | 'BUS', library: NanomsgLibrary, clock: Clock, options: SendingOptions & ReceivingOptions) {
    super(type, library, options)
    this.#outbox = this.createOutbox(clock, options)
  }

  send(body: Uint8Array, options?: SendOptions): Promise<void> {
    const refused = this.refuseSend(body)
    return refused ? Promise.reject(refused) : this.#outbox.send(body, options)
  }

  protected override onClosing(): void {
    super.onClosing()
    this.#outbox.end()
  }
}
