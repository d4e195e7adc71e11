// Messages on their way into libnanomsg: what it has no room for waits here, as on our own engine, and is tried again when the
// library says that it can take more.

import type { Clock } from '../../clock.ts'
import type { SendingOptions, SendOptions } from '../../engine.ts'
import type { NanomsgLibrary } from './library.ts'
import { RollcallError } from '../../error.ts'
import { defaultLimits } from '../../limits.ts'
import { Outbox } from '../../patterns/outbox.ts'

export interface LibraryOutboxOptions {
  readonly library: NanomsgLibrary
  /** libnanomsg's number of the socket. */
  readonly handle: number
  readonly clock: Clock
  readonly sending: SendingOptions
  /** False when the library did not take it. */
  readonly trySend: (body: Uint8Array) => boolean
  readonly drop: (reason: string) => void
}

export class LibraryOutbox {
  readonly #options: LibraryOutboxOptions
  readonly #outbox: Outbox
  #poll: Buffer | undefined

  constructor(options: LibraryOutboxOptions) {
    const { sending, clock, trySend, drop } = options
    this.#options = options
    this.#outbox = new Outbox({
      overflow: sending.overflow ?? 'wait',
      maxBytes: sending.maxQueuedBytes ?? defaultLimits.maxQueuedBytes,
      clock,
      trySend,
      drop,
    })
  }

  send(body: Uint8Array, options?: SendOptions): Promise<void> {
    const sending = this.#outbox.send(body, options)
    const { library, handle } = this.#options
    if (!this.#outbox.isEmpty) this.#poll ??= library.PollSocket(handle, true, () => this.#flush())
    return sending
  }

  end(): void {
    this.#outbox.end(new RollcallError('CLOSED', 'the socket was closed'))
    this.#stopPolling()
  }

  #flush(): void {
    this.#outbox.flush()
    // Polling is by level: a socket with room calls back all the time.
    if (this.#outbox.isEmpty) this.#stopPolling()
  }

  #stopPolling(): void {
    if (this.#poll) this.#options.library.PollStop(this.#poll)
    this.#poll = undefined
  }
}
