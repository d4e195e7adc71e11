// One client's stream of events. Promises that a client that does not read costs a bounded amount of memory for a bounded time, and
// is then cut off; it comes back with the position that it has reached, and loses nothing.

import type { ServerResponse } from 'node:http'

export interface EventStreamOptions {
  /** Most that may still wait for the client to read it when more comes, beside a snapshot. */
  readonly maxBufferedBytes: number
  /** How long a client may take nothing while there is something for it. */
  readonly stallMs: number
  /** It has been cut off: it did not read. */
  readonly onCutOff: () => void
  /** It has ended, one way or another. */
  readonly onEnd: () => void
}

export class EventStream {
  readonly #response: ServerResponse
  readonly #options: EventStreamOptions
  /** Bytes of snapshots on their way, which are as large as the roll and shared by all who are sent them. */
  #snapshotBytes = 0
  #isOpen = true

  /** The response is its own from now on; its headers are sent. */
  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response
    this.#options = options
    response.setTimeout(options.stallMs, () => this.#cutOff())
    response.once('close', () => {
      this.#isOpen = false
      options.onEnd()
    })
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return
    // What comes at once, however much, is no delay of the client's: what was there before is.
    const { writableLength } = this.#response
    if (writableLength === 0) this.#snapshotBytes = 0
    if (writableLength > this.#options.maxBufferedBytes + this.#snapshotBytes) this.#cutOff()
    else this.#response.write(bytes)
  }

  /** What is sent once, and may take its time. */
  writeSnapshot(bytes: Uint8Array): void {
    this.write(bytes)
    this.#snapshotBytes += bytes.length
  }

  /** After what has been written. */
  end(): void {
    if (this.#isOpen) this.#response.end()
  }

  #cutOff(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#options.onCutOff()
    this.#response.destroy()
  }
}
