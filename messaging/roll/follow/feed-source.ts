// The daemons as a follower sees them: whichever of them is connected is asked, and another one when it goes away, falls silent, or
// cannot say. What is asked and what an answer means is the follower's business.

import type { Clock } from '../../sp/clock.ts'
import type { DialOptions, Engine, Pipe, Requester, SpSocket } from '../../sp/engine.ts'

export interface FeedSourceOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly random: () => number
  readonly addresses: readonly string[]
  readonly dial: DialOptions
}

/** Longer than a daemon holds a request: past this it hangs. */
const replyWithinMs = 15_000

export class FeedSource {
  readonly #requester: Requester
  readonly #random: () => number
  readonly #waiting = new Set<() => void>()

  constructor({ engine, random, addresses, dial }: FeedSourceOptions) {
    this.#random = random
    this.#requester = engine.createRequester({
      onAttach: () => {
        for (const wake of this.#waiting) wake()
      },
    })
    for (const address of addresses) engine.dial(address, this.#requester, dial)
  }

  get socket(): SpSocket {
    return this.#requester
  }

  get daemons(): number {
    return this.#requester.pipes.size
  }

  /** The one that was asked last if it is still there, or any other; `avoid` only when there is no other. Waits for one to connect. */
  async choose(last: Pipe | undefined, avoid: Pipe | undefined, signal: AbortSignal): Promise<Pipe> {
    for (;;) {
      signal.throwIfAborted()
      const { pipes } = this.#requester
      if (last && last !== avoid && pipes.has(last)) return last
      const others = [...pipes].filter((pipe) => pipe !== avoid)
      const chosen = others[Math.floor(this.#random() * others.length)] ?? [...pipes][0]
      if (chosen) return chosen
      await this.#attached(signal)
    }
  }

  /** Fails with `PEER_GONE`, `TIMEOUT`, `CLOSED` or the signal's reason. */
  ask(pipe: Pipe, question: string, signal: AbortSignal): Promise<Buffer> {
    return this.#requester.request(Buffer.from(question), { pipe, timeoutMs: replyWithinMs, resend: false, signal })
  }

  close(): Promise<void> {
    return this.#requester.close()
  }

  #attached(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake)
    })
  }
}
