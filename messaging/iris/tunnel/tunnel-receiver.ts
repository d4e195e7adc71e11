// What came in on one tunnel and was not yet taken: chunks in order, bounded by the credit that was given. Credit goes back as the application
// takes, so that a reader that waits for a large message gets all of it, and one that does not read is owed no more than the window.

import { RollcallError } from '../../sp/error.ts'
import { costOf } from './tunnel-frame.ts'

export interface TunnelChunk {
  readonly bytes: Buffer
  /** The message ends with this chunk. */
  readonly isLast: boolean
}

export interface ReceiverEvents {
  /** The peer may send so much more. */
  giveBack(credit: number): void
  /** All up to the peer's end has been taken. */
  taken(): void
}

export class TunnelReceiver {
  readonly #windowBytes: number
  readonly #events: ReceiverEvents
  #chunks: TunnelChunk[] = []
  #head = 0
  #credit: number
  #owed = 0
  #isEnded = false
  #isTaken = false
  #isDiscarding = false
  #failure: Error | undefined
  /** Of a message that is not complete; kept here so that an aborted read loses nothing. */
  #parts: Buffer[] = []
  #partBytes = 0
  #isMidMessage = false
  readonly #waiting = new Set<() => void>()

  constructor(windowBytes: number, events: ReceiverEvents) {
    this.#windowBytes = windowBytes
    this.#credit = windowBytes
    this.#events = events
  }

  /** Undefined, or how the peer broke the rules. */
  push(bytes: Buffer, isLast: boolean): string | undefined {
    if (this.#isEnded) return 'data after the end'
    const cost = costOf(bytes.length)
    if (cost > this.#credit) return 'data beyond the credit'
    this.#credit -= cost
    this.#isMidMessage = !isLast
    this.#chunks.push({ bytes, isLast })
    if (this.#isDiscarding) this.discard()
    else this.#wake()
    return undefined
  }

  end(): string | undefined {
    if (this.#isEnded) return 'a second end'
    if (this.#isMidMessage) return 'the end in the middle of a message'
    this.#isEnded = true
    this.#noteTaken()
    this.#wake()
    return undefined
  }

  /** What has arrived can still be read; then reading fails. */
  fail(failure: Error): void {
    this.#failure ??= failure
    this.#wake()
  }

  get isTaken(): boolean {
    return this.#isTaken
  }

  /** Takes and drops what is there and what will come. */
  discard(): void {
    this.#isDiscarding = true
    this.#parts = []
    while (this.#shift());
  }

  /** The next chunk, or undefined after the peer's end. Fails with the reason where the tunnel broke. */
  async readChunk(signal?: AbortSignal): Promise<TunnelChunk | undefined> {
    for (;;) {
      signal?.throwIfAborted()
      const chunk = this.#shift()
      if (chunk) return chunk
      if (this.#isTaken) return undefined
      if (this.#failure) throw this.#failure
      await this.#arrival(signal)
    }
  }

  async readMessage(maxBytes: number, signal?: AbortSignal): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = await this.readChunk(signal)
      if (!chunk) return undefined
      const { bytes, isLast } = chunk
      if (isLast && this.#parts.length === 0) return bytes
      this.#partBytes += bytes.length
      if (this.#partBytes > maxBytes)
        throw new RollcallError('TOO_LARGE', `a message of a tunnel is over ${maxBytes} bytes: read it in chunks`)
      this.#parts.push(bytes)
      if (!isLast) continue
      const message = Buffer.concat(this.#parts, this.#partBytes)
      this.#parts = []
      this.#partBytes = 0
      return message
    }
  }

  #shift(): TunnelChunk | undefined {
    const chunk = this.#chunks[this.#head]
    if (!chunk) return undefined
    this.#head += 1
    if (this.#head === this.#chunks.length) {
      this.#chunks = []
      this.#head = 0
    } else if (this.#head >= 1_024) {
      this.#chunks = this.#chunks.slice(this.#head)
      this.#head = 0
    }
    this.#owed += costOf(chunk.bytes.length)
    // After the end nothing comes that would need credit; before it, a quarter at a time keeps the sender going.
    if (!this.#isEnded && !this.#failure && this.#owed * 4 >= this.#windowBytes) {
      const credit = this.#owed
      this.#owed = 0
      this.#credit += credit
      this.#events.giveBack(credit)
    }
    this.#noteTaken()
    return chunk
  }

  #noteTaken(): void {
    if (!this.#isEnded || this.#isTaken || this.#failure || this.#chunks.length > 0) return
    this.#isTaken = true
    this.#events.taken()
  }

  #arrival(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal?.addEventListener('abort', done)
    })
  }

  #wake(): void {
    for (const done of this.#waiting) done()
  }
}
