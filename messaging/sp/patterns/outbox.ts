// Messages that wait for room, before one pipe or before a whole socket: in order, bounded in bytes. What happens when there is
// no room is the socket's choice: its send() waits, or the oldest or the newest message is dropped and counted.

import type { Clock } from '../clock.ts'
import type { Overflow, SendOptions } from '../engine.ts'
import { RollcallError } from '../error.ts'

export interface OutboxOptions {
  readonly overflow: Overflow
  readonly maxBytes: number
  readonly clock: Clock
  /** Hands the body on; false when there is no room for it now. */
  readonly trySend: (body: Uint8Array) => boolean
  readonly drop: (reason: string) => void
}

interface Waiting {
  readonly body: Uint8Array
  /** Undefined where nobody waits for it. */
  readonly ended: ((error?: unknown) => void) | undefined
}

/** What every send() that found room gives back: no promise is made for it. */
export const sent: Promise<void> = Promise.resolve()

/** Why a message cannot be sent at all. */
export function refuseSend(body: Uint8Array, isClosed: boolean, maxMessageBytes: number): RollcallError | undefined {
  if (isClosed) return new RollcallError('CLOSED', 'the socket is closed')
  if (body.length <= maxMessageBytes) return undefined
  return new RollcallError('TOO_LARGE', `a message of ${body.length} bytes is over the limit of ${maxMessageBytes}`)
}

export class Outbox {
  readonly #options: OutboxOptions
  readonly #waiting = new Set<Waiting>()
  #bytes = 0

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** `sent` itself when there was room, or when nobody waits under this policy. */
  send(body: Uint8Array, options?: SendOptions): Promise<void> {
    if (this.#waiting.size === 0 && this.#options.trySend(body)) return sent
    const { overflow, maxBytes } = this.#options
    if (overflow === 'wait') return this.#wait(body, options)
    if (overflow === 'drop-oldest') {
      for (const oldest of this.#waiting) {
        if (this.#bytes + body.length <= maxBytes) break
        this.#remove(oldest)
        this.#options.drop('queue-full')
      }
    }
    if (this.#bytes + body.length > maxBytes) this.#options.drop('queue-full')
    else this.#add({ body, ended: undefined })
    return sent
  }

  /** There may be room again. */
  flush(): void {
    for (const waiting of this.#waiting) {
      if (!this.#options.trySend(waiting.body)) return
      this.#remove(waiting)
      waiting.ended?.()
    }
  }

  /** Nothing of what waits will be sent: those who wait are told the error, or, without one, that it is over. */
  end(error?: RollcallError): void {
    for (const waiting of this.#waiting) {
      this.#remove(waiting)
      waiting.ended?.(error)
    }
  }

  #wait(body: Uint8Array, { timeoutMs, signal }: SendOptions = {}): Promise<void> {
    // One body at least may wait, however large.
    if (this.#bytes > 0 && this.#bytes + body.length > this.#options.maxBytes) {
      const message = `more than ${this.#options.maxBytes} bytes wait to be sent: await send() before the next`
      return Promise.reject(new RollcallError('QUEUE_FULL', message))
    }
    if (signal?.aborted) return Promise.reject(asError(signal.reason))
    return new Promise((resolve, reject) => {
      const stopTimer =
        timeoutMs === undefined
          ? undefined
          : this.#options.clock.after(timeoutMs, () =>
              giveUp(new RollcallError('TIMEOUT', `no room within ${timeoutMs} ms`)),
            )
      const onAbort = () => giveUp(signal?.reason)
      signal?.addEventListener('abort', onAbort)
      const waiting: Waiting = {
        body,
        ended(error) {
          stopTimer?.()
          signal?.removeEventListener('abort', onAbort)
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      const giveUp = (error: unknown) => {
        this.#remove(waiting)
        waiting.ended?.(error)
      }
      this.#add(waiting)
    })
  }

  #add(waiting: Waiting): void {
    this.#waiting.add(waiting)
    this.#bytes += waiting.body.length
  }

  #remove(waiting: Waiting): void {
    if (this.#waiting.delete(waiting)) this.#bytes -= waiting.body.length
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
