// Requests that wait until something has changed: long polls, and Consul's blocking queries. Promises that each ends: with the change,
// with its time, with its client, or with the door.

import type { FastifyReply } from 'fastify'
import type { Clock } from '../../../messaging/sp/clock.ts'
import type { ChangeFan, Scope } from './change-fan.ts'

/** As Consul has it. */
export const maxWaitMs = 600_000

/** How long to wait at most: those who began together do not end together. Consul adds up to a sixteenth as well. */
export function spreadWaitMs(waitMs: number, random: () => number): number {
  const cappedMs = Math.min(waitMs, maxWaitMs)
  return cappedMs + (random() * cappedMs) / 16
}

export interface Waits {
  /** Until something of this scope has changed since a sequence, or the time is over, or the door closes; at once if it has already.
   * False when the client has gone meanwhile. */
  untilChanged(scope: Scope, since: number, waitMs: number, reply: FastifyReply): Promise<boolean>
  /** Requests that wait now. */
  readonly size: number
  /** Ends them all, as if their time were over. */
  close(): void
}

export interface WaitsOptions {
  readonly fan: ChangeFan
  readonly clock: Clock
  readonly random: () => number
}

export function createWaits({ fan, clock, random }: WaitsOptions): Waits {
  const open = new Set<() => void>()
  let isClosed = false

  return {
    untilChanged(scope, since, waitMs, reply) {
      const { raw } = reply
      if (isClosed || waitMs === 0 || fan.sequenceOf(scope) !== since) return Promise.resolve(true)
      return new Promise((resolve) => {
        const end = () => {
          open.delete(end)
          stopListening()
          stopTimer()
          raw.off('close', end)
          if (isClosed) reply.header('connection', 'close')
          // Nothing has been sent: it is closed when the client has gone.
          resolve(!raw.destroyed)
        }
        const stopListening = fan.listen(scope, end)
        const stopTimer = clock.after(spreadWaitMs(waitMs, random), end)
        raw.once('close', end)
        open.add(end)
      })
    },
    get size() {
      return open.size
    },
    close() {
      isClosed = true
      for (const end of open) end()
    },
  }
}
