// What is asked again and again while somebody looks: one question at a time, the next a while after the last was answered, and
// later the more an answer costs.

import type { Clock } from '../../../messaging/sp/clock.ts'

export interface PollOptions {
  readonly clock: Clock
  readonly everyMs: number
  readonly isWanted: () => boolean
  readonly ask: () => Promise<void>
  /** The question was not answered; it is asked again in its turn. */
  readonly onFailure: () => void
}

/** An answer that took 100 ms is asked for every 2 s at most: a page is a small part of what a daemon does. */
const restFactor = 20

export interface Poll {
  /** Asks at once where nothing is under way. */
  hurry(): void
  close(): void
}

export function openPoll({ clock, everyMs, isWanted, ask, onFailure }: PollOptions): Poll {
  let cancel = () => {}
  let isAsking = false
  let isClosed = false
  async function turn(): Promise<void> {
    if (isAsking || isClosed) return
    cancel()
    isAsking = true
    const startedAtMs = clock.nowMs()
    try {
      if (isWanted()) await ask()
    } catch {
      onFailure()
    }
    isAsking = false
    const tookMs = clock.nowMs() - startedAtMs
    if (!isClosed) cancel = clock.after(Math.max(everyMs, tookMs * restFactor), () => void turn())
  }
  void turn()
  return {
    hurry: () => void turn(),
    close() {
      isClosed = true
      cancel()
    },
  }
}
