// A clock that all processes of a machine share: that of the system, as it counts up, at the price of performance.now().

const tries = 1_000

/** What the one clock is ahead of the other. Each look at it stands between two at the system's: the one that took least is right to a part of that,
 * where the first takes a millisecond, since Node loads what it needs for it. */
export function findOffsetMs(systemNs: () => bigint, ownMs: () => number): number {
  let [leastNs, offsetMs] = [Infinity, 0]
  for (let i = 0; i < tries; i += 1) {
    const beforeNs = systemNs()
    const atMs = ownMs()
    const afterNs = systemNs()
    const tookNs = Number(afterNs - beforeNs)
    if (tookNs < leastNs) [leastNs, offsetMs] = [tookNs, Number(beforeNs + afterNs) / 2e6 - atMs]
  }
  return offsetMs
}

const offsetMs = findOffsetMs(
  () => process.hrtime.bigint(),
  () => performance.now(),
)

export function monotonicMs(): number {
  return performance.now() + offsetMs
}
