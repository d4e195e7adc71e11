// One connection to a daemon's watch, as events. Ends when the daemon ends it, fails when it breaks or falls silent; coming back is for
// who follows.

import { createParser } from 'eventsource-parser'
import { RollcallError } from '../../messaging/sp/error.ts'
import { createAuthorization, readProblem } from '../asking/daemon-client.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface StreamEvent {
  readonly type: string
  /** The position after it, from which a later connection goes on. */
  readonly id: string | undefined
  readonly data: string
}

export interface EventStreamOptions {
  /** Has the token that daemons may want to see. */
  readonly env: Terminal['env']
  readonly signal: AbortSignal
  /** The position that is known already. */
  readonly lastEventId?: string | undefined
  /** Longest silence, in milliseconds. Default 45,000: three comment lines of a daemon are missing then. */
  readonly idleMs?: number
}

const defaultIdleMs = 45_000

/** Fails with `NAME_INVALID` where the daemon does not accept the name, with `LOOKUP_FAILED` where it refuses, or as the connection does. */
export async function* readEventStream(url: string, options: EventStreamOptions): AsyncGenerator<StreamEvent> {
  const { env, signal, lastEventId, idleMs = defaultIdleMs } = options
  const controller = new AbortController()
  const abort = (): void => controller.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  const timer = setTimeout(() => controller.abort(new Error(`silent for ${idleMs} ms`)), idleMs)
  try {
    const position = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    const headers = { accept: 'text/event-stream', ...createAuthorization(env), ...position }
    const response = await fetch(url, { signal: controller.signal, headers })
    if (response.status !== 200 || response.body === null) throw await readRefusal(response, url)
    const heard: StreamEvent[] = []
    const parser = createParser({
      onEvent: ({ event = 'message', id, data }) => void heard.push({ type: event, id, data }),
    })
    const decoder = new TextDecoder()
    for await (const chunk of response.body) {
      timer.refresh()
      parser.feed(decoder.decode(chunk, { stream: true }))
      yield* heard.splice(0)
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    controller.abort()
  }
}

async function readRefusal(response: Response, url: string): Promise<RollcallError> {
  const body: unknown = await response.json().catch(() => undefined)
  const { message } = readProblem({ url, status: response.status, body })
  return new RollcallError(response.status === 400 ? 'NAME_INVALID' : 'LOOKUP_FAILED', message)
}
