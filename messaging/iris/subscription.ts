// The events of a topic as an async iterable: bounded, in the order in which they came from each publisher, ended by close(), a signal, or by
// breaking out of the loop.

export interface TopicEvent {
  readonly topic: string
  /** A view of a receive buffer: copy what is kept. */
  readonly body: Buffer
}

export interface SubscribeOptions {
  readonly signal?: AbortSignal
  /** Bytes that may wait for the loop; beyond it the oldest are dropped and counted as `slow`: what comes last is worth most.
   * Default 16 MiB. */
  readonly maxQueuedBytes?: number
}

export interface Subscription extends AsyncIterable<TopicEvent> {
  readonly topic: string
  /** Events that were dropped because nobody took them. */
  readonly dropped: number
  /** Ends the loops, after what waits. Idempotent. */
  close(): void
}

const defaultMaxQueuedBytes = 16_777_216

export class TopicSubscription implements Subscription {
  readonly topic: string
  dropped = 0
  readonly #maxQueuedBytes: number
  readonly #onDrop: () => void
  readonly #onClose: () => void
  readonly #signal: AbortSignal | undefined
  #events: TopicEvent[] = []
  #queuedBytes = 0
  #waiting: (() => void)[] = []
  #isClosed = false
  readonly #abort = () => this.close()

  constructor(
    topic: string,
    { signal, maxQueuedBytes = defaultMaxQueuedBytes }: SubscribeOptions,
    onDrop: () => void,
    onClose: (subscription: TopicSubscription) => void,
  ) {
    this.topic = topic
    this.#maxQueuedBytes = maxQueuedBytes
    this.#onDrop = onDrop
    this.#onClose = () => onClose(this)
    this.#signal = signal
    signal?.addEventListener('abort', this.#abort)
  }

  push(event: TopicEvent): void {
    if (this.#isClosed) return
    this.#events.push(event)
    this.#queuedBytes += event.body.length
    while (this.#queuedBytes > this.#maxQueuedBytes && this.#events.length > 1) {
      this.#queuedBytes -= this.#events.shift()?.body.length ?? 0
      this.dropped += 1
      this.#onDrop()
    }
    this.#waiting.shift()?.()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#onClose()
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<TopicEvent> {
    try {
      for (;;) {
        const event = this.#events.shift()
        if (event) {
          this.#queuedBytes -= event.body.length
          yield event
        } else if (this.#isClosed) return
        else await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
    } finally {
      this.close()
    }
  }
}
