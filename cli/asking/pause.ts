// A wait between two attempts. Unlike `node:timers/promises` alone, an abort ends it without an error: whoever loops looks at
// the signal anyway.

import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves after the time, or as soon as the signal is aborted. */
export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(durationMs, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
