// The watch of whichever daemon there is: goes on from where it was when a connection is lost, with the next daemon if there are
// several. Promises every event in order; after a move the daemon sends a snapshot, which says what was missed.

import { RollcallError } from '../../messaging/sp/error.ts'
import { describeFailure } from '../asking/daemon-client.ts'
import { pause } from '../asking/pause.ts'
import type { EventStreamOptions, StreamEvent } from './event-stream.ts'
import { readEventStream } from './event-stream.ts'

export interface FollowOptions extends Omit<EventStreamOptions, 'lastEventId'> {
  /** A daemon was lost, or not reached; told once for each until one is there again. */
  readonly onLost: (url: string, reason: string) => void
  /** One is there again. */
  readonly onFound: (url: string) => void
}

export interface FollowedEvent extends StreamEvent {
  readonly url: string
}

/** Between two attempts, when all have failed. */
const retryMs = Object.freeze({ first: 250, most: 2000 })

/** Ends with the signal. Fails with `NAME_INVALID` where no daemon would accept the name. */
export async function* followDaemons(
  urls: readonly string[],
  path: string,
  options: FollowOptions,
): AsyncGenerator<FollowedEvent> {
  const { signal, onLost, onFound } = options
  let lastEventId: string | undefined
  let failures = 0
  for (let turn = 0; !signal.aborted; turn += 1) {
    const url = urls[turn % urls.length] ?? ''
    let reason = 'it ended the stream'
    try {
      for await (const event of readEventStream(`${url}${path}`, { ...options, lastEventId })) {
        if (failures > 0) onFound(url)
        failures = 0
        lastEventId = event.id ?? lastEventId
        yield { ...event, url }
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof RollcallError && error.code === 'NAME_INVALID') throw error
      reason = describeFailure(error)
    }
    if (signal.aborted) return
    failures += 1
    if (failures <= urls.length) onLost(url, reason)
    const rounds = Math.floor(failures / urls.length)
    if (rounds > 0) await pause(Math.min(retryMs.most, retryMs.first * 2 ** Math.min(rounds - 1, 10)), signal)
  }
}
