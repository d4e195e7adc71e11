// Hints cost the daemon a question each: every peer may send 50 a second, and no more (DESIGN.md section 5, signal 5).

import type { Clock } from '../messaging/sp/clock.ts'

const perSecond = 50

export interface HintLimit {
  /** Takes one hint of this peer's allowance; false when it is used up. Peers are told apart by identity. */
  take(peer: object): boolean
}

export function createHintLimit(clock: Clock): HintLimit {
  const allowances = new WeakMap<object, { left: number; atMs: number }>()
  return {
    take(peer) {
      const nowMs = clock.nowMs()
      const allowance = allowances.get(peer) ?? { left: perSecond, atMs: nowMs }
      allowance.left = Math.min(perSecond, allowance.left + ((nowMs - allowance.atMs) * perSecond) / 1000)
      allowance.atMs = nowMs
      allowances.set(peer, allowance)
      if (allowance.left < 1) return false
      allowance.left -= 1
      return true
    },
  }
}
