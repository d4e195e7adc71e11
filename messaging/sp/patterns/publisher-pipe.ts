// One subscriber as its publisher sees it: what it wants, what waits for it, and how long it has had no room.

import type { Clock } from '../clock.ts'
import type { Carrier } from '../transport.ts'
import type { QueuedPipe } from './fan-out.ts'
import type { Outbox } from './outbox.ts'
import { CarrierPipe } from './pattern-socket.ts'
import { PrefixTree } from './prefix-tree.ts'

export interface PublisherPipeOptions {
  /** The subscriber tells what it wants. */
  readonly isTold: boolean
  readonly clock: Clock
  /** Of the message that is being sent: the same for every pipe. */
  readonly header: () => Uint8Array
  readonly maxQueuedBytes: number
  readonly slowAfterMs: number
  readonly createOutbox: (trySend: (body: Uint8Array) => boolean) => Outbox
}

export class PublisherPipe extends CarrierPipe implements QueuedPipe {
  readonly outbox: Outbox
  /** Undefined for one that does not tell: it gets everything. */
  readonly prefixes: PrefixTree | undefined
  readonly #options: PublisherPipeOptions
  #stopTimer: (() => void) | undefined

  constructor(carrier: Carrier, options: PublisherPipeOptions) {
    super(carrier)
    this.#options = options
    this.prefixes = options.isTold ? new PrefixTree() : undefined
    this.outbox = options.createOutbox((body) => this.#trySend(body))
  }

  wants(body: Uint8Array): boolean {
    return this.prefixes?.matches(body) ?? true
  }

  /** There is room again. */
  flush(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.outbox.flush()
  }

  end(): void {
    this.#stopTimer?.()
    this.outbox.end()
  }

  #trySend(body: Uint8Array): boolean {
    const { clock, header, maxQueuedBytes, slowAfterMs } = this.#options
    if (this.carrier.queuedBytes < maxQueuedBytes) {
      this.carrier.send(header(), body)
      return true
    }
    // Rather cut off than served what is old by then.
    this.#stopTimer ??= clock.after(slowAfterMs, () => this.close('slow'))
    return false
  }
}
