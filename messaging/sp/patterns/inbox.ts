// Messages between the pipes that brought them and the program that reads them: in order, bounded in bytes. A pipe that would
// bring more than there is room for is not read from meanwhile, so that nothing is dropped here.

import type { Message, Pipe, Receiver, ReceivingOptions } from '../engine.ts'

/** Where messages come from, and what can be kept from bringing more. */
export interface InboxSource {
  pause(): void
  resume(): void
}

export interface InboxOptions extends Pick<ReceivingOptions, 'onMessage' | 'onError'> {
  readonly maxBytes: number
  readonly drop: (reason: string) => void
}

const end = Object.freeze({ done: true, value: undefined }) satisfies IteratorResult<Message, undefined>

export class Inbox implements Receiver {
  readonly #options: InboxOptions
  /** From #head on; what lies before was taken already. */
  #messages: Message[] = []
  #head = 0
  #bytes = 0
  #isEnded = false
  readonly #paused = new Set<InboxSource>()
  readonly #readers: ((result: IteratorResult<Message, undefined>) => void)[] = []

  constructor(options: InboxOptions) {
    this.#options = options
  }

  received(body: Buffer, pipe: Pipe | undefined, source: InboxSource): void {
    if (this.#options.onMessage) return this.#handle(body, pipe, source)
    const message = { body, pipe }
    const reader = this.#readers.shift()
    if (reader) return reader({ done: false, value: message })
    this.#messages.push(message)
    this.#bytes += body.length
    if (this.#bytes < this.#options.maxBytes || this.#paused.has(source)) return
    this.#paused.add(source)
    source.pause()
  }

  detached(source: InboxSource): void {
    this.#paused.delete(source)
  }

  /** What is here already can still be read. */
  end(): void {
    this.#isEnded = true
    for (const reader of this.#readers.splice(0)) reader(end)
  }

  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    return {
      next: () => {
        const value = this.#take()
        if (value) return Promise.resolve({ done: false, value })
        if (this.#isEnded) return Promise.resolve(end)
        return new Promise((resolve) => void this.#readers.push(resolve))
      },
      return: () => Promise.resolve(end),
    }
  }

  #take(): Message | undefined {
    const message = this.#messages[this.#head]
    if (!message) return undefined
    this.#head += 1
    if (this.#head === this.#messages.length) {
      this.#messages = []
      this.#head = 0
    } else if (this.#head === compactAfter) {
      this.#messages = this.#messages.slice(this.#head)
      this.#head = 0
    }
    this.#bytes -= message.body.length
    if (this.#paused.size > 0 && this.#bytes <= this.#options.maxBytes / 2) this.#resume()
    return message
  }

  #resume(): void {
    for (const source of this.#paused) {
      this.#paused.delete(source)
      source.resume()
    }
  }

  #handle(body: Buffer, pipe: Pipe | undefined, source: InboxSource): void {
    let handled: void | Promise<void>
    try {
      handled = this.#options.onMessage?.(body, pipe)
    } catch (error) {
      return this.#failed(error)
    }
    if (!(handled instanceof Promise)) return
    source.pause()
    handled.catch((error: unknown) => this.#failed(error)).finally(() => source.resume())
  }

  #failed(error: unknown): void {
    this.#options.drop('handler-failed')
    this.#options.onError?.(error)
  }
}

/** Messages taken before the array is cut: seldom enough to cost nothing per message. */
const compactAfter = 1_024
