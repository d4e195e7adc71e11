// How late this process runs its own timers. A daemon that was stopped, or starved of CPU, must not blame those whose
// answers lie unread in its own buffers.

import type { Clock } from '../messaging/sp/clock.ts'

const everyMs = 50

export interface LagProbe {
  /** The largest delay since the last call, one that is still going on included, in milliseconds. */
  takeMaxMs(): number
  close(): void
}

export function openLagProbe(clock: Clock): LagProbe {
  let dueAtMs = clock.nowMs() + everyMs
  let maxMs = 0
  let stop = clock.after(everyMs, tick)

  function note(): void {
    maxMs = Math.max(maxMs, clock.nowMs() - dueAtMs)
  }
  function tick(): void {
    note()
    dueAtMs = clock.nowMs() + everyMs
    stop = clock.after(everyMs, tick)
  }

  return {
    takeMaxMs() {
      note()
      const taken = Math.max(0, maxMs)
      maxMs = 0
      return taken
    },
    close: () => stop(),
  }
}
