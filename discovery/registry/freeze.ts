// The daemon blames itself first: when more than half of those alive two seconds ago turned suspect since, removals are
// frozen until more than half of them are back, for a bounded time; afterwards a fifth of the roll may go in each round.
// DESIGN.md section 5, "Guards". Pure.

const windowMs = 2_000
const leastProviders = 5
const mostRemovedShare = 0.2

export interface Freezable {
  readonly aliveSinceMs: number
}

export interface Freeze {
  /** The number of providers alive has become this. */
  aliveIs(count: number, nowMs: number): void
  suspected(entry: Freezable, nowMs: number): void
  recovered(entry: Freezable): void
  left(entry: Freezable): void
  /** Ends a freeze whose time is over. */
  advance(nowMs: number): void
  /** How many may be removed until the next round, of a roll of this size. */
  roundStarted(rollSize: number): void
  /** Takes one removal; false when none is allowed now. */
  takeRemoval(): boolean
  /** Nobody waits for removal any more: the normal rules hold again. */
  caughtUp(): void
  readonly isFrozen: boolean
  /** When the freeze ends at the latest. */
  readonly untilMs: number | undefined
  /** Since start. */
  readonly count: number
}

export function createFreeze(freezeMs: number): Freeze {
  /** Who was suspected when, of the last two seconds. */
  let suspicions: { readonly entry: Freezable; readonly atMs: number }[] = []
  /** How many were alive from when on; the first is the state at the window's beginning. */
  let alive: { readonly count: number; readonly fromMs: number }[] = [{ count: 0, fromMs: -Infinity }]
  const victims = new Set<Freezable>()
  const back = new Set<Freezable>()
  let untilMs: number | undefined
  let isThawing = false
  let removalsLeft = Infinity
  let count = 0

  function forget(nowMs: number): void {
    const fromMs = nowMs - windowMs
    while (suspicions[0] && suspicions[0].atMs < fromMs) suspicions.shift()
    while (alive[1] && alive[1].fromMs <= fromMs) alive.shift()
  }

  function judge(nowMs: number): void {
    const aliveBefore = alive[0]?.count ?? 0
    if (freezeMs <= 0 || aliveBefore < leastProviders || suspicions.length * 2 <= aliveBefore) return
    untilMs = nowMs + freezeMs
    count += 1
    for (const { entry } of suspicions) victims.add(entry)
    suspicions = []
  }

  function thawIfMostAreBack(): void {
    if (untilMs !== undefined && back.size * 2 > victims.size + back.size) thaw()
  }

  function thaw(): void {
    untilMs = undefined
    isThawing = true
    removalsLeft = 0
    victims.clear()
    back.clear()
  }

  return {
    aliveIs(aliveNow, nowMs) {
      const last = alive.at(-1)
      // A hundredth of the window is as fine as it needs to be.
      if (last && nowMs - last.fromMs < windowMs / 100)
        alive[alive.length - 1] = { count: aliveNow, fromMs: last.fromMs }
      else alive.push({ count: aliveNow, fromMs: nowMs })
      forget(nowMs)
    },
    suspected(entry, nowMs) {
      if (untilMs !== undefined) {
        back.delete(entry)
        victims.add(entry)
        return
      }
      forget(nowMs)
      // Who was not alive for the whole window was not alive at its beginning. It also keeps a flapping one from counting twice.
      if (entry.aliveSinceMs > nowMs - windowMs) return
      suspicions.push({ entry, atMs: nowMs })
      judge(nowMs)
    },
    recovered(entry) {
      if (victims.delete(entry)) back.add(entry)
      thawIfMostAreBack()
    },
    left(entry) {
      victims.delete(entry)
      back.delete(entry)
    },
    advance(nowMs) {
      if (untilMs !== undefined && nowMs >= untilMs) thaw()
    },
    roundStarted(rollSize) {
      if (isThawing) removalsLeft = Math.max(1, Math.floor(rollSize * mostRemovedShare))
    },
    takeRemoval() {
      if (untilMs !== undefined) return false
      if (!isThawing) return true
      if (removalsLeft <= 0) return false
      removalsLeft -= 1
      return true
    },
    caughtUp() {
      if (untilMs === undefined) isThawing = false
    },
    get isFrozen() {
      return untilMs !== undefined
    },
    get untilMs() {
      return untilMs
    },
    get count() {
      return count
    },
  }
}
