// A client of the watch that comes back: as a history has it, event by event, under the same name as long as it has a position to go on from.

import type { WatchRecord } from '../history.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { openEvents } from '../../fixtures/event-source.ts'
import { readWatchEvent } from '../watch-events.ts'

export interface WatchingOptions {
  readonly name: string
  readonly daemon: string
  readonly address: string
  /** Absent: all services. */
  readonly scope?: string
  /** How long it stays on one connection; then it comes back. */
  readonly stayMs: () => number
  readonly isForgetful: boolean
  readonly nowMs: () => number
  readonly record: (record: WatchRecord) => void
}

const retryMs = 200

/** Never ends. */
export async function watchForEver(options: WatchingOptions): Promise<never> {
  const { name, scope, isForgetful } = options
  let position: string | undefined
  for (let turn = 1; ; turn += 1) {
    if (isForgetful) position = undefined
    const client = isForgetful ? `${name}-${turn}` : name
    position = await watchOnce(options, client, scope, position).catch(() => position)
    await sleep(retryMs)
  }
}

/** Until it has stayed long enough, or the connection ends; gives back where it was. */
async function watchOnce(
  { daemon, address, stayMs, nowMs, record }: WatchingOptions,
  client: string,
  scope: string | undefined,
  held: string | undefined,
): Promise<string | undefined> {
  const path = scope === undefined ? '/watch' : `/watch/${scope}`
  const headers = held === undefined ? {} : { 'last-event-id': held }
  // A daemon that was cut off ends nothing.
  const reader = await openEvents(`http://${address}:8500${path}`, headers, AbortSignal.timeout(stayMs()))
  let position = held
  try {
    for (;;) {
      const { type, id, data } = await reader.next()
      const read = readWatchEvent(type, data)
      // Its position is what it would come back with: an event without one leaves it where it is.
      const isMoved = id !== '' && id !== position
      position = id === '' ? position : id
      record({
        type: 'watch',
        client,
        daemon,
        ...(scope !== undefined && { scope }),
        atMs: nowMs(),
        ...read,
        ...((isMoved || read.event === 'snapshot') && position !== undefined && { position }),
      })
    }
  } catch {
    return position
  } finally {
    reader.close()
  }
}
