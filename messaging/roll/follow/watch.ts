// The changes of one name as an async iterable. Promises that whoever applies them in order has what the roll has: a loop that falls
// too far behind gets everyone anew in place of what it has not read. Ended by a signal, by the end of the roll, or by leaving the loop.

import type { FeedInstance } from '../feed-lines.ts'
import type { FollowedName } from './roll-follower.ts'
import type { InstanceChange } from './roll-change.ts'
import { compareLists } from './roll-change.ts'

/** `snapshot`: these are all; it comes first, and again after changes that were too many to keep. */
export type RollChange = { readonly type: 'snapshot'; readonly instances: readonly FeedInstance[] } | InstanceChange

export interface WatchOptions {
  readonly signal?: AbortSignal
  /** Changes that may wait for the loop; beyond it they become one snapshot. Default 1,000. */
  readonly maxPending?: number
}

const defaultMaxPending = 1_000

export class Watch implements AsyncIterable<RollChange> {
  readonly #followed: FollowedName
  readonly #maxPending: number
  readonly #signal: AbortSignal | undefined
  readonly #onEnd: (watch: Watch) => void
  readonly #end = () => this.end()
  /** What the loop will have once it has read all that is pending; undefined before the first snapshot. */
  #told: readonly FeedInstance[] | undefined
  #pending: RollChange[] = []
  #waiting: (() => void)[] = []
  #isEnded = false

  constructor(
    followed: FollowedName,
    { signal, maxPending = defaultMaxPending }: WatchOptions,
    onEnd: (watch: Watch) => void,
  ) {
    this.#followed = followed
    this.#maxPending = maxPending
    this.#signal = signal
    this.#onEnd = onEnd
    followed.onChange(() => this.#look())
    signal?.addEventListener('abort', this.#end)
    if (signal?.aborted) this.end()
    else this.#look()
  }

  /** What is pending can still be read. Idempotent. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#signal?.removeEventListener('abort', this.#end)
    this.#followed.close()
    this.#onEnd(this)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<RollChange, undefined> {
    try {
      for (;;) {
        const change = this.#pending.shift()
        if (change) yield change
        else if (this.#isEnded) return undefined
        else await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
    } finally {
      this.end()
    }
  }

  #look(): void {
    const { isKnown, instances } = this.#followed
    if (!isKnown) return
    const changes = this.#told ? compareLists(this.#told, instances) : undefined
    if (changes && this.#pending.length + changes.length <= this.#maxPending) this.#pending.push(...changes)
    else this.#pending = [{ type: 'snapshot', instances }]
    this.#told = instances
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
