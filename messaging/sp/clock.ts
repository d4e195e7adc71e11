// Time as an argument: what measures or waits takes a Clock, so that tests move time by hand.
// Promises monotonic milliseconds; says nothing about the time of day.

export interface Clock {
  /** Milliseconds from an arbitrary start, never going back. */
  nowMs(): number
  /** Calls `run` once after `delayMs`; the function that comes back cancels it, any number of times. */
  after(delayMs: number, run: () => void): () => void
}

export const systemClock: Clock = Object.freeze({
  nowMs: () => performance.now(),
  after(delayMs: number, run: () => void) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
})
