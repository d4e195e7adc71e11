// One name as one follower knows it: asks a daemon again and again for what is new since the position that it has, and keeps the list. A
// daemon that goes away, or that another takes the place of, changes nothing in the list until one of them has told what is so now.

import type { Clock } from '../../sp/clock.ts'
import type { Pipe } from '../../sp/engine.ts'
import type { FeedInstance, FeedPosition, FeedReply, GroupKind } from '../feed-lines.ts'
import type { Choice, ChoiceFilter } from '../choose.ts'
import type { FeedSource } from './feed-source.ts'
import { Candidates } from './candidates.ts'
import { RollcallError } from '../../sp/error.ts'
import { formatFollow, readFeed } from '../feed-lines.ts'

/** Before a daemon that could not say is asked again. */
const retryMs = 500

export interface NameFollowerOptions {
  readonly source: FeedSource
  readonly kind: GroupKind
  readonly name: string
  readonly clock: Clock
  readonly random: () => number
}

export class NameFollower {
  readonly #source: FeedSource
  readonly #kind: GroupKind
  readonly #name: string
  readonly #clock: Clock
  readonly #closing = new AbortController()
  readonly #byId = new Map<string, FeedInstance>()
  readonly #listeners = new Set<() => void>()
  readonly #candidates: Candidates
  #instances: readonly FeedInstance[] = []
  #position: FeedPosition | undefined

  constructor({ source, kind, name, clock, random }: NameFollowerOptions) {
    this.#source = source
    this.#kind = kind
    this.#name = name
    this.#clock = clock
    this.#candidates = new Candidates(clock, random)
    void this.#run()
  }

  get instances(): readonly FeedInstance[] {
    return this.#instances
  }

  get isKnown(): boolean {
    return this.#position !== undefined
  }

  draw(filter: ChoiceFilter | undefined): Choice<FeedInstance> | undefined {
    return this.isKnown ? this.#candidates.draw(filter) : undefined
  }

  setAside(instance: FeedInstance): void {
    this.#candidates.setAside(instance)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  known({ timeoutMs, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.isKnown) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        stopListening()
        stopTimer?.()
        signal?.removeEventListener('abort', onAbort)
        this.#closing.signal.removeEventListener('abort', onClose)
        settle()
      }
      const onAbort = () => end(() => reject(signal?.reason))
      const onClose = () => end(() => reject(new RollcallError('CLOSED', 'the roll is no longer followed')))
      const stopListening = this.onChange(() => end(resolve))
      const stopTimer =
        timeoutMs === undefined
          ? undefined
          : this.#clock.after(timeoutMs, () =>
              end(() =>
                reject(new RollcallError('TIMEOUT', `no daemon said who ${this.#name} is within ${timeoutMs} ms`)),
              ),
            )
      signal?.addEventListener('abort', onAbort)
      this.#closing.signal.addEventListener('abort', onClose)
      if (this.#closing.signal.aborted) onClose()
      else if (signal?.aborted) onAbort()
    })
  }

  close(): void {
    this.#closing.abort(new RollcallError('CLOSED', 'the roll is no longer followed'))
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    let last: Pipe | undefined
    let avoid: Pipe | undefined
    while (!signal.aborted) {
      try {
        const pipe = await this.#source.choose(last, avoid, signal)
        last = pipe
        avoid = pipe
        const question = formatFollow(this.#kind, this.#name, this.#position)
        const reply = readFeed(await this.#source.ask(pipe, question, signal))
        if (reply) {
          avoid = undefined
          this.#take(reply)
        } else await this.#pause()
      } catch (error) {
        if (signal.aborted) return
        // A daemon that is gone or hangs: another one is asked at once. Anything else is a mistake of ours.
        if (!(error instanceof RollcallError)) throw error
      }
    }
  }

  #take({ position, form, present, left }: FeedReply): void {
    this.#position = position
    if (form === 'changes' && present.length === 0 && left.length === 0) return
    if (form === 'snapshot') this.#byId.clear()
    for (const instance of present) this.#byId.set(instance.id, instance)
    for (const id of left) this.#byId.delete(id)
    this.#instances = [...this.#byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
    this.#candidates.take(this.#instances)
    for (const listener of this.#listeners) listener()
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        stop()
        this.#closing.signal.removeEventListener('abort', end)
        resolve()
      }
      const stop = this.#clock.after(retryMs, end)
      this.#closing.signal.addEventListener('abort', end)
    })
  }
}
