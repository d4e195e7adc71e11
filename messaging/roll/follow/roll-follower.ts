// Names as one process follows them, each once, over whichever daemons are there. Leaves what is asked of a name to NameFollower.

import type { Clock } from '../../sp/clock.ts'
import type { DialOptions, Engine, SpSocket } from '../../sp/engine.ts'
import type { Choice, ChoiceFilter } from '../choose.ts'
import type { FeedInstance, GroupKind } from '../feed-lines.ts'
import { RollcallError } from '../../sp/error.ts'
import { FeedSource } from './feed-source.ts'
import { NameFollower } from './name-follower.ts'

/** No daemon has told yet who is of a name. */
export interface NotKnown {
  readonly outcome: 'NOT_KNOWN'
}

const notKnown: NotKnown = Object.freeze({ outcome: 'NOT_KNOWN' })

/** What is known of one name. */
export interface FollowedName {
  /** By id, in stable order; empty until it is known. */
  readonly instances: readonly FeedInstance[]
  /** A daemon has told who is of this name; an empty list means that nobody is. */
  readonly isKnown: boolean
  /** One of them by the rules of every door, at random by weight, each time anew: the way for hot paths. */
  draw(filter?: ChoiceFilter): Choice<FeedInstance> | NotKnown
  /** It could not be reached from here: for 3 s it is drawn only when there is nobody else. */
  setAside(instance: FeedInstance): void
  /** Called at every change, until the function that comes back is called. */
  onChange(listener: () => void): () => void
  /** Resolves when it is known. Fails with `TIMEOUT`, `CLOSED` or the signal's reason. */
  known(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<void>
  /** Follows it no longer, once everyone who follows it here has said so. */
  close(): void
}

export interface RollFollowerOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly random: () => number
  readonly addresses: readonly string[]
  readonly dial: DialOptions
}

export class RollFollower {
  readonly #source: FeedSource
  readonly #clock: Clock
  readonly #random: () => number
  #isClosed = false
  readonly #followers = new Map<string, { readonly follower: NameFollower; users: number }>()

  constructor(options: RollFollowerOptions) {
    if (!options.engine.features.pipeEvents)
      throw new RollcallError(
        'NOT_SUPPORTED',
        'following the roll needs the engine sp: a daemon on nanomsg has no feed',
      )
    this.#clock = options.clock
    this.#random = options.random
    this.#source = new FeedSource(options)
  }

  get daemons(): number {
    return this.#source.daemons
  }

  /** What the daemons are asked on. */
  get socket(): SpSocket {
    return this.#source.socket
  }

  /** Fails with `CLOSED`. */
  name(name: string, kind: GroupKind = 'service'): FollowedName {
    if (this.#isClosed) throw new RollcallError('CLOSED', 'the roll is no longer followed')
    const key = `${kind} ${name}`
    let entry = this.#followers.get(key)
    if (!entry) {
      const options = { source: this.#source, kind, name, clock: this.#clock, random: this.#random }
      entry = { follower: new NameFollower(options), users: 0 }
      this.#followers.set(key, entry)
    }
    entry.users += 1
    return this.#open(key, entry)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const { follower } of this.#followers.values()) follower.close()
    this.#followers.clear()
    await this.#source.close()
  }

  #open(key: string, entry: { readonly follower: NameFollower; users: number }): FollowedName {
    const { follower } = entry
    const listening = new Set<() => void>()
    let isClosed = false
    return {
      get instances() {
        return follower.instances
      },
      get isKnown() {
        return follower.isKnown
      },
      draw: (filter) => follower.draw(filter) ?? notKnown,
      setAside: (instance) => follower.setAside(instance),
      onChange(listener) {
        const stop = follower.onChange(listener)
        listening.add(stop)
        return stop
      },
      known: (options) => follower.known(options),
      close: () => {
        if (isClosed) return
        isClosed = true
        for (const stop of listening) stop()
        entry.users -= 1
        if (entry.users > 0) return
        follower.close()
        if (this.#followers.get(key) === entry) this.#followers.delete(key)
      },
    }
  }
}
