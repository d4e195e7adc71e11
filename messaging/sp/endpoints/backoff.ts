// When to dial again. Whoever has been without a connection for a time waits at most half as long again, from 50 ms to 2 s: a peer that starts
// anew has everyone back after half the time that it was away, and one that stays away is dialled every second. With full jitter, so that a
// fleet that lost its daemon does not return in step: ten thousand make 40,000 attempts a second when it has been away for one second, and
// 10,000 a second from the fourth on. Pure.

const firstMs = 50
const capMs = 2_000
const shareOfAway = 0.5
/** A connection that held this long was a real one: with its end the time begins anew. */
const provenAfterMs = 1_000

/** Upper bound of the wait before the next attempt. */
export function backoffLimitMs(awayMs: number): number {
  return Math.min(capMs, Math.max(firstMs, awayMs * shareOfAway))
}

export function backoffMs(awayMs: number, random: () => number): number {
  return random() * backoffLimitMs(awayMs)
}

export function isProven(heldMs: number): boolean {
  return heldMs >= provenAfterMs
}
