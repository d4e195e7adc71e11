// The stream of `/watch`, kept open: dials, reads, and dials again after any end, from where it was. Promises one of onLive, onLost
// and onRefused for every turn, and that a stream which has fallen silent counts as ended. By fetch(), since an EventSource cannot
// send the token of a daemon that asks for one.

import { createParser } from 'eventsource-parser'
import type { Clock } from '../../../messaging/sp/clock.ts'
import { backoffMs } from '../../../messaging/sp/endpoints/backoff.ts'

export interface StreamEvent {
  readonly name: string
  /** The position after it, as the daemon writes it: `EPOCH-SEQUENCE`. */
  readonly id: string
  readonly data: string
}

export interface WatchOptions {
  /** Asks the daemon, with whatever lets the page in. */
  readonly request: (path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Response>
  readonly clock: Clock
  readonly random: () => number
  /** A stream that says nothing for so long, heartbeats included, is dead. */
  readonly silenceMs: number
  /** Where an earlier watch had come to. Default: the beginning, a snapshot. */
  readonly position?: string
  /** Throws for what cannot be read: that ends the stream, and the next begins with a snapshot. */
  readonly onEvent: (event: StreamEvent) => void
  readonly onLive: () => void
  /** Not there, or there no more; the next attempt follows by itself. */
  readonly onLost: (reason: string) => void
  /** The daemon wants a token, or another one. Nothing follows by itself. */
  readonly onRefused: () => void
}

export interface Watch {
  /** How far it has come, for another that goes on from there; empty before the first event. */
  readonly position: string
  /** Cuts a wait short: the network is back, somebody looks again. */
  retry(): void
  /** Something else that was asked of the daemon was not answered: the stream is dialled afresh, which tells. */
  doubt(): void
  close(): void
}

export function openWatch(options: WatchOptions): Watch {
  const { clock, random } = options
  const closing = new AbortController()
  let turn = new AbortController()
  let { position = '' } = options
  let endWait = () => {}

  async function run(): Promise<void> {
    let awaySinceMs = clock.nowMs()
    while (!closing.signal.aborted) {
      turn = new AbortController()
      let isHeard = false
      const end = await follow(options, turn, position, (id) => {
        position = id
        isHeard = true
      })
      if (isHeard) awaySinceMs = clock.nowMs()
      if (closing.signal.aborted) return
      if (end === 'REFUSED') return options.onRefused()
      // What could not be read would come again: a fresh snapshot does not.
      if (end.isUnreadable) position = ''
      options.onLost(end.reason)
      await new Promise<void>((resolve) => {
        const cancel = clock.after(backoffMs(clock.nowMs() - awaySinceMs, random), resolve)
        endWait = () => {
          cancel()
          resolve()
        }
      })
    }
  }

  void run()
  return {
    get position() {
      return position
    },
    retry: () => endWait(),
    doubt: () => turn.abort(new Error('it does not answer')),
    close() {
      closing.abort()
      turn.abort(new Error('closed'))
      endWait()
    },
  }
}

interface Ended {
  readonly reason: string
  readonly isUnreadable: boolean
}

/** One stream from its request to its end. */
async function follow(
  { request, clock, silenceMs, onEvent, onLive }: WatchOptions,
  turn: AbortController,
  position: string,
  onPosition: (id: string) => void,
): Promise<Ended | 'REFUSED'> {
  let isUnreadable = false
  let cancelSilence = () => {}
  const heard = () => {
    cancelSilence()
    cancelSilence = clock.after(silenceMs, () => turn.abort(new Error('it fell silent')))
  }
  const parser = createParser({
    onEvent({ event: name = 'message', data, id = '' }) {
      try {
        onEvent({ name, id, data })
      } catch (error) {
        isUnreadable = true
        throw error
      }
      // What a daemon says of itself is no state of the roll: one can only go on from what was heard of that.
      if (name !== 'knowledge') onPosition(id)
    },
  })
  try {
    heard()
    const headers = { accept: 'text/event-stream', ...(position && { 'last-event-id': position }) }
    const response = await request('/watch', headers, turn.signal)
    if (response.status === 401 || response.status === 403) return 'REFUSED'
    if (!response.ok || !response.body) return { reason: `it answered ${response.status}`, isUnreadable }
    onLive()
    const decoder = new TextDecoder()
    const reader = response.body.getReader()
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      heard()
      parser.feed(decoder.decode(read.value, { stream: true }))
    }
    return { reason: 'it closed the connection', isUnreadable }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error), isUnreadable }
  } finally {
    cancelSilence()
    // Whatever ended it, nothing of it is read any more.
    turn.abort(new Error('over'))
  }
}
