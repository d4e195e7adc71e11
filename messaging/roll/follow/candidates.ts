// Whom this process hands out of one name: the choice of every door, from what the daemons told last. Promises that a provider that this
// process just failed to reach is the last to be handed out for a short while: it saw what the daemons may not have seen yet.

import type { Clock } from '../../sp/clock.ts'
import type { Choice, ChoiceFilter } from '../choose.ts'
import type { FeedInstance } from '../feed-lines.ts'
import { Plans } from '../plans.ts'

/** By then the daemons know better: one that died is gone after 3.5 s at the most, and refuses at once until then. */
const setAsideMs = 3_000

export class Candidates {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #plans = new Plans(() => this.#instances.map((instance) => this.#seen(instance)))
  /** By place, when they are handed out as before. */
  readonly #asideUntilMs = new Map<string, number>()
  #nextEndMs = Infinity
  #instances: readonly FeedInstance[] = []

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  /** What the daemons say now. */
  take(instances: readonly FeedInstance[]): void {
    this.#instances = instances
    this.#plans.changed()
  }

  draw(filter: ChoiceFilter | undefined): Choice<FeedInstance> {
    if (this.#nextEndMs !== Infinity && this.#clock.nowMs() >= this.#nextEndMs) this.#endDue()
    return this.#plans.plan(filter).draw(this.#random)
  }

  /** It could not be reached from here. */
  setAside(instance: FeedInstance): void {
    const untilMs = this.#clock.nowMs() + setAsideMs
    this.#asideUntilMs.set(instance.address, untilMs)
    this.#nextEndMs = Math.min(this.#nextEndMs, untilMs)
    this.#plans.changed()
  }

  #endDue(): void {
    const nowMs = this.#clock.nowMs()
    this.#nextEndMs = Infinity
    for (const [address, untilMs] of this.#asideUntilMs) {
      if (untilMs <= nowMs) this.#asideUntilMs.delete(address)
      else this.#nextEndMs = Math.min(this.#nextEndMs, untilMs)
    }
    this.#plans.changed()
  }

  #seen(instance: FeedInstance): FeedInstance {
    if (!this.#asideUntilMs.has(instance.address)) return instance
    return Object.freeze({ ...instance, state: 'suspect', detached: true })
  }
}
