// When to dial again: from 50 ms, doubling, capped at 2 s, with full jitter, so that a fleet that lost its daemon does not
// return in step. Pure.

const firstMs = 50
const capMs = 2_000
/** A connection that held this long was a real one: the next failure starts from the beginning. */
const provenAfterMs = 1_000

/** Upper bound of the wait before attempt `failures`, which counts from 1. */
export function backoffLimitMs(failures: number): number {
  return Math.min(capMs, firstMs * 2 ** Math.min(failures - 1, 10))
}

export function backoffMs(failures: number, random: () => number): number {
  return random() * backoffLimitMs(failures)
}

export function isProven(heldMs: number): boolean {
  return heldMs >= provenAfterMs
}
