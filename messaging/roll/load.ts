// How busy this process is, for the dynamic part of its answers: the share of time that its event loop ran, 0 to 1.
// Several daemons ask, so the share is that of a window and not of the time since the last question.

import type { Clock } from '../sp/clock.ts'

/** Long enough to be steady, short enough for a round to see the change. */
const windowMs = 500

export function createLoadGauge(clock: Clock): () => number {
  let since = performance.eventLoopUtilization()
  let measuredAtMs = clock.nowMs()
  let load = 0
  return () => {
    const nowMs = clock.nowMs()
    if (nowMs - measuredAtMs < windowMs) return load
    const now = performance.eventLoopUtilization()
    load = Math.round(performance.eventLoopUtilization(now, since).utilization * 100) / 100
    since = now
    measuredAtMs = nowMs
    return load
  }
}
