// What one tunnel has still to send: messages in order, a chunk at a time as views, within the credit that the peer gave. When a chunk
// goes out is the host's choice.

import { RollcallError } from '../../sp/error.ts'
import { costOf, maxChunkBytes } from './tunnel-frame.ts'

interface Outgoing {
  readonly body: Uint8Array
  readonly more: boolean
  sentBytes: number
  hasBegun: boolean
  readonly done: (failure?: { readonly reason: unknown }) => void
}

export interface OutgoingChunk {
  readonly bytes: Uint8Array
  readonly isLast: boolean
}

export class TunnelSender {
  readonly #maxQueuedBytes: number
  #queue: Outgoing[] = []
  #queuedBytes = 0
  /** Undefined until the tunnel is accepted. */
  #credit: number | undefined
  /** Sent and not yet given back. */
  #outstanding = 0
  #isMidMessage = false
  #isEnding = false

  constructor(maxQueuedBytes: number) {
    this.#maxQueuedBytes = maxQueuedBytes
  }

  get isEnding(): boolean {
    return this.#isEnding
  }

  /** The end may be sent: all that came before it is. */
  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#credit !== undefined
  }

  get isReady(): boolean {
    const next = this.#queue[0]
    if (!next || this.#credit === undefined) return false
    return this.#credit >= costOf(next.sentBytes < next.body.length ? 1 : 0)
  }

  /** Resolves when the last byte has gone to the pipe. `onTorn`: aborted when a part had gone already. */
  push(body: Uint8Array, more: boolean, signal: AbortSignal | undefined, onTorn: (reason: unknown) => void) {
    if (this.#queuedBytes > this.#maxQueuedBytes)
      return Promise.reject(
        new RollcallError('QUEUE_FULL', 'too many bytes wait on this tunnel: await the send before the next'),
      )
    return new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        if (outgoing.hasBegun || this.#isMidMessage) onTorn(signal?.reason)
        else if (this.#drop(outgoing)) outgoing.done({ reason: signal?.reason })
      }
      const outgoing: Outgoing = {
        body,
        more,
        sentBytes: 0,
        hasBegun: false,
        done(failure) {
          signal?.removeEventListener('abort', onAbort)
          if (failure) reject(failure.reason)
          else resolve()
        },
      }
      signal?.addEventListener('abort', onAbort)
      this.#queue.push(outgoing)
      this.#queuedBytes += costOf(body.length)
    })
  }

  end(): void {
    this.#isEnding = true
  }

  /** The next chunk; the tunnel is ready. */
  next(): OutgoingChunk | undefined {
    const outgoing = this.#queue[0]
    if (!outgoing || this.#credit === undefined || !this.isReady) return undefined
    const { body, sentBytes, more } = outgoing
    const endAt = Math.min(body.length, sentBytes + maxChunkBytes, sentBytes + this.#credit - costOf(0))
    const cost = costOf(endAt - sentBytes)
    this.#credit -= cost
    this.#outstanding += cost
    outgoing.sentBytes = endAt
    outgoing.hasBegun = true
    const isDone = endAt === body.length
    const isLast = isDone && !more
    this.#isMidMessage = !isLast
    if (isDone) {
      this.#drop(outgoing)
      outgoing.done()
    }
    return { bytes: body.subarray(sentBytes, endAt), isLast }
  }

  accepted(credit: number): void {
    this.#credit = credit
  }

  /** Undefined, or how the peer broke the rules. */
  giveBack(credit: number): string | undefined {
    if (this.#credit === undefined || credit > this.#outstanding) return 'credit for what was not sent'
    this.#outstanding -= credit
    this.#credit += credit
    return undefined
  }

  fail(reason: unknown): void {
    const queue = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    for (const outgoing of queue) outgoing.done({ reason })
  }

  get isMidMessage(): boolean {
    return this.#isMidMessage || this.#queue.at(-1)?.more === true
  }

  #drop(outgoing: Outgoing): boolean {
    const at = this.#queue.indexOf(outgoing)
    if (at < 0) return false
    if (at === 0) this.#queue.shift()
    else this.#queue.splice(at, 1)
    this.#queuedBytes -= costOf(outgoing.body.length)
    return true
  }
}
