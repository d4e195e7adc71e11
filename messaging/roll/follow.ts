// Knowing the roll: who is of a name now, kept up to date from any of several daemons. Promises that a list once known is never
// empty because a daemon went away: it is kept, and used, until another daemon knows better.

import type { Clock } from '../sp/clock.ts'
import type { DialOptions, Engine, SpSocket } from '../sp/engine.ts'
import type { FeedInstance, GroupKind } from './feed-lines.ts'
import type { FollowOptions } from './follow-options.ts'
import { systemClock } from '../sp/clock.ts'
import { RollcallError } from '../sp/error.ts'
import { openEngine } from '../sp/index.ts'
import { planFollow } from './follow-options.ts'
import { FeedSource } from './feed-source.ts'
import { NameFollower } from './name-follower.ts'

export type { FeedInstance, GroupKind } from './feed-lines.ts'

/** What is known of one name. */
export interface FollowedName {
  /** By id, in stable order; empty until it is known. */
  readonly instances: readonly FeedInstance[]
  /** A daemon has told who is of this name; an empty list means that nobody is. */
  readonly isKnown: boolean
  /** Called at every change, until the function that comes back is called. */
  onChange(listener: () => void): () => void
  /** Resolves when it is known. Fails with `TIMEOUT`, `CLOSED` or the signal's reason. */
  known(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<void>
  /** Follows it no longer, once everyone who follows it here has said so. */
  close(): void
}

export interface FollowedRoll {
  /** Daemons connected now. */
  readonly daemons: number
  /** The same name followed twice costs once. */
  name(name: string, kind?: GroupKind): FollowedName
  /** Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface RollFollowerOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly random: () => number
  readonly addresses: readonly string[]
  readonly dial: DialOptions
}

/** Fails with `ENVIRONMENT_INVALID`, `ADDRESS_INVALID`, `ENGINE_MISSING`, or `NOT_SUPPORTED` on the nanomsg engine. */
export async function follow(options: FollowOptions = {}): Promise<FollowedRoll> {
  const plan = planFollow(options)
  const engine = options.engine ?? (await openEngine(plan.engineName))
  try {
    const { clock = systemClock } = options
    const { addresses, dial, keyring } = plan
    const roll = new RollFollower({ engine, clock, random: Math.random, addresses, dial })
    const stopGuard = keyring?.guard(roll.socket)
    return closing(roll, async () => {
      stopGuard?.()
      await roll.close()
      if (!options.engine) await engine.close()
    })
  } catch (error) {
    if (!options.engine) await engine.close()
    throw error
  }
}

function closing(roll: RollFollower, close: () => Promise<void>): FollowedRoll {
  return {
    get daemons() {
      return roll.daemons
    },
    name: (name, kind) => roll.name(name, kind),
    close,
    [Symbol.asyncDispose]: close,
  }
}

export class RollFollower implements FollowedRoll {
  readonly #source: FeedSource
  readonly #clock: Clock
  readonly #followers = new Map<string, { readonly follower: NameFollower; users: number }>()

  constructor(options: RollFollowerOptions) {
    if (!options.engine.features.pipeEvents)
      throw new RollcallError(
        'NOT_SUPPORTED',
        'following the roll needs the engine sp: a daemon on nanomsg has no feed',
      )
    this.#clock = options.clock
    this.#source = new FeedSource(options)
  }

  get daemons(): number {
    return this.#source.daemons
  }

  /** What the daemons are asked on. */
  get socket(): SpSocket {
    return this.#source.socket
  }

  name(name: string, kind: GroupKind = 'service'): FollowedName {
    const key = `${kind} ${name}`
    let entry = this.#followers.get(key)
    if (!entry) {
      entry = { follower: new NameFollower(this.#source, kind, name, this.#clock), users: 0 }
      this.#followers.set(key, entry)
    }
    entry.users += 1
    return this.#open(key, entry)
  }

  async close(): Promise<void> {
    for (const { follower } of this.#followers.values()) follower.close()
    this.#followers.clear()
    await this.#source.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
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
