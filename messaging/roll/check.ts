// Looks at a program again and again, and says what that makes its status: critical until `rise` looks in a row went well, and
// again after `fall` in a row that did not. One look at a time; what it looks at is the probe's.

import type { Clock } from '../sp/clock.ts'
import type { Probe } from './probe.ts'

export interface CheckTiming {
  /** From the end of one look to the start of the next, once it was well. Default 10,000, as Registrator and Consul have it. */
  readonly intervalMs?: number
  /** A look that takes longer went wrong. Default 5,000. */
  readonly timeoutMs?: number
  /** Looks in a row that must go well. Default 1: a program that answers is there. */
  readonly rise?: number
  /** Looks in a row that must go wrong. Default 3: one lost answer removes nobody. */
  readonly fall?: number
}

export const checkDefaults = Object.freeze({
  intervalMs: 10_000,
  timeoutMs: 5_000,
  rise: 1,
  fall: 3,
}) satisfies Required<CheckTiming>

/** Until it was well for the first time: whoever has just started opens its port a moment later. */
const soonMs = 250
/** Of the time that a start has taken, up to the interval: whoever takes a minute is seen some seconds later. */
const shareOfStart = 1 / 8

export type CheckStatus = 'passing' | 'warning' | 'critical'

export interface CheckState {
  readonly status: CheckStatus
  /** Why it is not passing; empty where it is. */
  readonly reason: string
}

export interface CheckOptions extends CheckTiming {
  readonly probe: Probe
  readonly clock: Clock
  /** Called when the status is another one, and never with the one that was told last. */
  readonly onChange: (state: CheckState) => void
}

export interface Check {
  readonly state: CheckState
  /** Looks no more. Idempotent. */
  close(): void
}

/** Looks for the first time at once. */
export function openCheck(given: CheckOptions): Check {
  const { probe, clock, onChange, intervalMs, timeoutMs, rise, fall } = { ...checkDefaults, ...given }
  const openedAtMs = clock.nowMs()
  const closing = new AbortController()
  let state: CheckState = { status: 'critical', reason: 'not checked yet' }
  let wasWell = false
  let wellInARow = 0
  let wrongInARow = 0
  let stopTimer = (): void => {}

  function waitMs(): number {
    if (wasWell) return intervalMs
    return Math.min(intervalMs, Math.max(soonMs, (clock.nowMs() - openedAtMs) * shareOfStart))
  }

  function become(status: CheckStatus, reason: string): void {
    const isOther = status !== state.status
    state = { status, reason }
    if (isOther) onChange(state)
  }

  function judge(found: CheckState): void {
    if (found.status === 'critical') {
      wellInARow = 0
      wrongInARow += 1
      if (wrongInARow >= fall || state.status === 'critical') become('critical', found.reason)
      return
    }
    wrongInARow = 0
    wellInARow += 1
    if (wellInARow < rise && state.status === 'critical') return
    wasWell = true
    become(found.status, found.reason)
  }

  async function look(): Promise<void> {
    const found = await lookOnce(probe, clock, timeoutMs, closing.signal)
    if (closing.signal.aborted) return
    judge(found)
    if (!closing.signal.aborted) stopTimer = clock.after(waitMs(), () => void look())
  }

  void look()
  return {
    get state() {
      return state
    },
    close() {
      closing.abort()
      stopTimer()
    },
  }
}

async function lookOnce(probe: Probe, clock: Clock, timeoutMs: number, closing: AbortSignal): Promise<CheckState> {
  const over = new AbortController()
  const stopTimeout = clock.after(timeoutMs, () => over.abort(new Error(`no answer within ${timeoutMs} ms`)))
  const signal = AbortSignal.any([closing, over.signal])
  try {
    const status = await probe(signal)
    return { status, reason: status === 'passing' ? '' : 'it asks for less' }
  } catch (error) {
    const cause: unknown = over.signal.aborted ? over.signal.reason : error
    return { status: 'critical', reason: cause instanceof Error ? cause.message : String(cause) }
  } finally {
    stopTimeout()
  }
}
