// How much of what came in may run at once, and how much may wait for its turn, in bytes. What does not fit is refused at once, so that
// its caller can go elsewhere while there is time.

export interface Work {
  readonly bytes: number
  /** Its turn. Undefined: it is done already; else done when the promise settles. May not throw, nor reject. */
  start(): Promise<void> | undefined
}

export class WorkGate {
  readonly #maxRunning: number
  readonly #maxQueuedBytes: number
  #running = 0
  #queuedBytes = 0
  #queue: Work[] = []
  #nextAt = 0

  constructor(maxRunning: number, maxQueuedBytes: number) {
    this.#maxRunning = maxRunning
    this.#maxQueuedBytes = maxQueuedBytes
  }

  get running(): number {
    return this.#running
  }

  /** Started, or waiting for its turn; false: there is no room. */
  take(work: Work): boolean {
    if (this.#running < this.#maxRunning) {
      this.#start(work)
      return true
    }
    if (this.#queuedBytes + work.bytes > this.#maxQueuedBytes) return false
    this.#queue.push(work)
    this.#queuedBytes += work.bytes
    return true
  }

  #start(work: Work): void {
    const done = work.start()
    if (!done) return
    this.#running += 1
    void done.then(() => this.#ended())
  }

  #ended(): void {
    this.#running -= 1
    this.#startNext()
  }

  #startNext(): void {
    while (this.#running < this.#maxRunning) {
      const work = this.#queue[this.#nextAt]
      if (!work) break
      this.#nextAt += 1
      this.#queuedBytes -= work.bytes
      this.#start(work)
    }
    // The part that is done is let go now and then, and not one by one.
    if (this.#nextAt > 64 && this.#nextAt * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#nextAt)
      this.#nextAt = 0
    } else if (this.#nextAt === this.#queue.length) {
      this.#queue.length = 0
      this.#nextAt = 0
    }
  }
}
