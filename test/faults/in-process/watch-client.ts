// A client of a daemon's watch without a socket: what the door writes is read at once, or not at all by a client that is slow.

import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { createParser } from 'eventsource-parser'
import { readPosition } from '../../../discovery/lookup/http/watch/event-text.ts'
import type { WatchDoor } from '../../../discovery/lookup/http/watch/watch-door.ts'

export interface WatchEvent {
  readonly type: string
  readonly position: string | undefined
  readonly data: unknown
}

export interface WatchClientOptions {
  readonly door: WatchDoor
  readonly lastEventId: string | undefined
  readonly isSlow: boolean
  readonly onEvent: (event: WatchEvent) => void
}

/** Takes what is written, and says so; or keeps whoever writes waiting. */
class Reader extends Socket {
  readonly #take: ((bytes: Buffer) => void) | undefined

  constructor(take: ((bytes: Buffer) => void) | undefined) {
    super()
    this.#take = take
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (!this.#take) return
    this.#take(chunk)
    callback()
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    if (!this.#take) return
    for (const { chunk } of chunks) this.#take(chunk)
    callback()
  }
}

/** Gives back how to go away. */
export function openWatchClient({ door, lastEventId, isSlow, onEvent }: WatchClientOptions): () => void {
  const parser = createParser({
    onEvent: ({ event = 'message', id, data }) => onEvent({ type: event, position: id, data: JSON.parse(data) }),
  })
  let isBody = false
  const take = (bytes: Buffer) => {
    const text = bytes.toString()
    const bodyAt = isBody ? 0 : text.indexOf('\r\n\r\n') + 4
    isBody = true
    parser.feed(text.slice(bodyAt))
  }
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  response.useChunkedEncodingByDefault = false
  response.assignSocket(new Reader(isSlow ? undefined : take))
  response.writeHead(200)
  response.flushHeaders()
  door.open(undefined, lastEventId === undefined ? undefined : readPosition(lastEventId), response)
  return () => void response.destroy()
}
