// Who is alive, suspect or gone for one who asks: the rules of discovery/registry/liveness.ts over arrays, since a million entries of
// objects would not fit; the freeze is the daemon's own.

import type { Freezable } from '../../../discovery/registry/freeze.ts'
import { createFreeze } from '../../../discovery/registry/freeze.ts'
import { graceAfterDetachMs } from '../../../discovery/registry/liveness.ts'

export type StandingChange = 'suspected' | 'recovered' | 'gone'

export interface StandingOptions {
  readonly count: number
  readonly misses: number
  readonly freezeMs: number
  readonly onChange: (index: number, change: StandingChange, nowMs: number) => void
}

const alive = 0
const suspect = 1
const gone = 2

/** Everyone is alive at the beginning, and has been for long. */
export class Standing {
  readonly #options: StandingOptions
  readonly #freeze
  readonly #states: Uint8Array
  readonly #misses: Uint8Array
  readonly #aliveSinceMs: Float64Array
  readonly #overdue = new Set<number>()
  readonly #graces: { readonly index: number; readonly endsAtMs: number }[] = []
  #alive: number
  #suspects = 0

  constructor(options: StandingOptions) {
    this.#options = options
    this.#freeze = createFreeze(options.freezeMs)
    this.#states = new Uint8Array(options.count)
    this.#misses = new Uint8Array(options.count)
    this.#aliveSinceMs = new Float64Array(options.count).fill(-Infinity)
    this.#alive = options.count
    this.#freeze.aliveIs(this.#alive, -Infinity)
  }

  heard(index: number, nowMs: number): void {
    this.#misses[index] = 0
    if (this.#states[index] === alive) return
    if (this.#states[index] === suspect) this.#suspects -= 1
    this.#overdue.delete(index)
    this.#states[index] = alive
    this.#freeze.recovered(this.#freezable(index))
    this.#aliveSinceMs[index] = nowMs
    this.#countAlive(1, nowMs)
    this.#options.onChange(index, 'recovered', nowMs)
  }

  missed(index: number, nowMs: number): void {
    if (this.#states[index] === gone) return
    const misses = (this.#misses[index] ?? 0) + 1
    this.#misses[index] = Math.min(misses, 255)
    this.#suspect(index, nowMs)
    if (misses >= this.#options.misses) this.#overdue.add(index)
  }

  /** Its connection is closed, for good. */
  detached(index: number, nowMs: number): void {
    if (this.#states[index] === gone) return
    this.#suspect(index, nowMs)
    this.#graces.push({ index, endsAtMs: nowMs + graceAfterDetachMs(1) })
  }

  roundEnded(nowMs: number): void {
    this.#freeze.roundEnded(this.#alive + this.#suspects)
    this.advance(nowMs)
  }

  advance(nowMs: number): void {
    this.#freeze.advance(nowMs)
    if (this.#freeze.isFrozen) return
    let grace
    while ((grace = this.#graces[0]) && grace.endsAtMs <= nowMs) {
      this.#graces.shift()
      if (this.#states[grace.index] === suspect) this.#overdue.add(grace.index)
    }
    for (const index of this.#overdue) {
      if (!this.#freeze.takeRemoval()) return
      this.#overdue.delete(index)
      this.#states[index] = gone
      this.#suspects -= 1
      this.#freeze.left(this.#freezable(index))
      this.#options.onChange(index, 'gone', nowMs)
    }
    this.#freeze.caughtUp()
  }

  /** When advance() next has something to do. */
  nextAtMs(): number | undefined {
    return this.#freeze.untilMs ?? this.#graces[0]?.endsAtMs
  }

  #suspect(index: number, nowMs: number): void {
    if (this.#states[index] !== alive) return
    this.#states[index] = suspect
    this.#suspects += 1
    this.#freeze.suspected(this.#freezable(index), nowMs)
    this.#countAlive(-1, nowMs)
    this.#options.onChange(index, 'suspected', nowMs)
  }

  #countAlive(change: number, nowMs: number): void {
    this.#alive += change
    this.#freeze.aliveIs(this.#alive, nowMs)
  }

  #freezable(index: number): Freezable {
    return { kind: 'service', service: '', id: String(index), aliveSinceMs: this.#aliveSinceMs[index] ?? 0 }
  }
}
