// The daemon blames itself first: when more than half of those alive two seconds ago turned suspect since and are not
// back, removals are frozen until more than half of them are back, for a bounded time; afterwards a fifth of the roll may
// go in each round, until each of them is back or gone. DESIGN.md section 5, "Guards". Pure.

const windowMs = 2_000
const leastProviders = 5
const mostRemovedShare = 0.2

/** Known by kind and name, since a provider that comes back with another line is the same to the freeze. A member of a cluster stands twice on the roll by one
 * name: as a service, and as a member. */
export interface Freezable {
  readonly kind: string
  readonly service: string
  readonly id: string
  readonly aliveSinceMs: number
}

export interface Freeze {
  /** The number of providers alive has become this. */
  aliveIs(count: number, nowMs: number): void
  suspected(entry: Freezable, nowMs: number): void
  /** It answered, or it joined: under this name somebody lives. */
  recovered(entry: Freezable): void
  /** It is off the roll, or another entry of this name has taken its place. */
  left(entry: Freezable): void
  /** Ends a freeze whose time is over. */
  advance(nowMs: number): void
  /** How many may be removed until the next round, of a roll of this size. */
  roundEnded(rollSize: number): void
  /** Takes one removal; false when none is allowed now. */
  takeRemoval(): boolean
  /** Nobody waits for removal now. */
  caughtUp(): void
  readonly isFrozen: boolean
  /** When the freeze ends at the latest. */
  readonly untilMs: number | undefined
  /** Since start. */
  readonly count: number
}

interface Suspicion {
  readonly atMs: number
  isOnRoll: boolean
}

export function createFreeze(freezeMs: number): Freeze {
  /** Who was suspected in the last two seconds and is not back, the oldest first. */
  const suspicions = new Map<string, Suspicion>()
  /** How many were alive from when on; the first is the state at the window's beginning. */
  const alive: { count: number; readonly fromMs: number }[] = [{ count: 0, fromMs: -Infinity }]
  /** Whom the latest freeze protected and who is neither back nor gone; it outlasts the freeze. */
  const victims = new Set<string>()
  const back = new Set<string>()
  let untilMs: number | undefined
  let isThawing = false
  let removalsLeft = Infinity
  let count = 0

  function forget(nowMs: number): void {
    const fromMs = nowMs - windowMs
    for (const [name, { atMs }] of suspicions) {
      if (atMs >= fromMs) break
      suspicions.delete(name)
    }
    while (alive[1] && alive[1].fromMs <= fromMs) alive.shift()
  }

  function judge(nowMs: number): void {
    const aliveBefore = alive[0]?.count ?? 0
    if (freezeMs <= 0 || aliveBefore < leastProviders || suspicions.size * 2 <= aliveBefore) return
    untilMs = nowMs + freezeMs
    count += 1
    victims.clear()
    back.clear()
    for (const [name, { isOnRoll }] of suspicions) if (isOnRoll) victims.add(name)
    suspicions.clear()
  }

  function thawIfMostAreBack(): void {
    if (untilMs !== undefined && (victims.size === 0 || back.size > victims.size)) thaw()
  }

  function thaw(): void {
    untilMs = undefined
    isThawing = true
    removalsLeft = 0
    back.clear()
  }

  return {
    aliveIs(aliveNow, nowMs) {
      const last = alive.at(-1)
      // A hundredth of the window is as fine as it needs to be.
      if (last && nowMs - last.fromMs < windowMs / 100) last.count = aliveNow
      else alive.push({ count: aliveNow, fromMs: nowMs })
      forget(nowMs)
    },
    suspected(entry, nowMs) {
      const name = nameOf(entry)
      if (untilMs !== undefined) {
        back.delete(name)
        victims.add(name)
        return
      }
      forget(nowMs)
      // Who was not alive for the whole window was not alive at its beginning.
      if (entry.aliveSinceMs > nowMs - windowMs) return
      suspicions.set(name, { atMs: nowMs, isOnRoll: true })
      judge(nowMs)
    },
    recovered(entry) {
      const name = nameOf(entry)
      // A restart of one after the other is no common cause.
      suspicions.delete(name)
      if (victims.delete(name)) back.add(name)
      thawIfMostAreBack()
    },
    left(entry) {
      const name = nameOf(entry)
      const suspicion = suspicions.get(name)
      if (suspicion) suspicion.isOnRoll = false
      victims.delete(name)
      thawIfMostAreBack()
    },
    advance(nowMs) {
      if (untilMs !== undefined && nowMs >= untilMs) thaw()
    },
    roundEnded(rollSize) {
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
      // A victim that has missed too few rounds yet will wait for removal later.
      if (untilMs === undefined && victims.size === 0) isThawing = false
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

function nameOf({ kind, service, id }: Freezable): string {
  return `${kind} ${service}/${id}`
}
