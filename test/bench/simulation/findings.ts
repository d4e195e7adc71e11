// What is found out about instances, by whoever hands them out: who ended, and how long it took to notice; who lives, and was thought dead.

import type { StandingChange } from './standing.ts'

interface Victim {
  readonly endsAtMs: number
  readonly isKilled: boolean
  isSuspected: boolean
  isGone: boolean
}

export class Findings {
  readonly hungSuspectMs: number[] = []
  readonly hungGoneMs: number[] = []
  readonly killedSuspectMs: number[] = []
  falseSuspicions = 0
  falseRemovals = 0
  /** Victims that are gone. */
  found = 0
  readonly #victims = new Map<string, Victim>()

  /** Whatever was found until now is forgotten. */
  begin(): void {
    this.falseSuspicions = 0
    this.falseRemovals = 0
  }

  expect(key: string, endsAtMs: number, isKilled: boolean): void {
    this.#victims.set(key, { endsAtMs, isKilled, isSuspected: false, isGone: false })
  }

  tell(key: string, change: StandingChange, nowMs: number): void {
    if (change === 'recovered') return
    const victim = this.#victims.get(key)
    if (!victim || nowMs < victim.endsAtMs) {
      if (change === 'suspected') this.falseSuspicions += 1
      else this.falseRemovals += 1
      return
    }
    const tookMs = nowMs - victim.endsAtMs
    if (change === 'suspected' && !victim.isSuspected) {
      victim.isSuspected = true
      ;(victim.isKilled ? this.killedSuspectMs : this.hungSuspectMs).push(tookMs)
    } else if (change === 'gone' && !victim.isGone) {
      victim.isGone = true
      this.found += 1
      if (!victim.isKilled) this.hungGoneMs.push(tookMs)
    }
  }
}
