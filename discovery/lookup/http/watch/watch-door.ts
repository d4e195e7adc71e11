// The roll as streams of events: first where it stands, then every change. Promises each client a first state and changes that add
// up to any later one, whichever daemon it had asked before, and never an empty list where nothing is known.

import type { ServerResponse } from 'node:http'
import type { Clock } from '../../../../messaging/sp/clock.ts'
import type { Change, Position } from '../../../registry/change-log.ts'
import type { RollReader } from '../../roll-reader.ts'
import type { ChangeFan, Scope } from '../change-fan.ts'
import { EventStream } from './event-stream.ts'
import { writeChange, writeKnowledge, writeSnapshot } from './event-text.ts'

export interface WatchOptions {
  /** Between two comment lines, which show both sides that the other is there. Default 15,000: shorter than the idle timeouts of the
   * usual proxies. A client that takes nothing for twice as long is cut off. */
  readonly heartbeatMs?: number
  /** Most that may still wait for one client to read it when more comes, beside a snapshot. Default 1 MiB: some 2,500 changes. */
  readonly maxBufferedBytes?: number
}

export const watchDefaults = Object.freeze({
  heartbeatMs: 15_000,
  maxBufferedBytes: 1024 * 1024,
}) satisfies Required<WatchOptions>

export interface WatchDoorOptions extends WatchOptions {
  readonly reader: RollReader
  readonly fan: ChangeFan
  readonly clock: Clock
  readonly random: () => number
  /** Time of day in milliseconds since 1970. */
  readonly dateMs: () => number
}

export interface WatchDoor {
  /** Tells this client everything from a position on; undefined: it has none. The response's headers are sent. */
  open(scope: Scope, position: Position | undefined, response: ServerResponse): void
  readonly counts: WatchCounts
  /** Ends every stream after what it was sent. Those that open later end with their first state. */
  close(): void
}

export interface WatchCounts {
  /** Streams that are open. */
  readonly watchers: number
  /** Clients that did not read and were cut off, since start. */
  readonly slowReadersCutOff: number
}

const heartbeat = Buffer.from(': heartbeat\n\n')

interface Watcher {
  readonly stream: EventStream
  /** What the daemon knows is different now. */
  knowledgeChanged(): void
}

export function createWatchDoor(options: WatchDoorOptions): WatchDoor {
  const { reader, fan, clock, random, dateMs } = options
  const { heartbeatMs, maxBufferedBytes } = { ...watchDefaults, ...options }
  const { changes } = reader
  const watchers = new Set<Watcher>()
  let slowReadersCutOff = 0
  let stopHeartbeats: (() => void) | undefined
  let isClosed = false

  const position = (): Position => ({ epoch: changes.epoch, sequence: changes.sequence })
  const dateOf = (atMs: number) => new Date(dateMs() - (reader.nowMs() - atMs)).toISOString()

  function writeChanges(list: readonly Change[]): string {
    return list.map((change) => writeChange(changes.epoch, change, dateOf)).join('')
  }

  const encoded = new WeakMap<readonly Change[], Buffer>()
  /** Of a list that many are told of. */
  function encodeChanges(list: readonly Change[]): Buffer {
    let bytes = encoded.get(list)
    if (!bytes) {
      bytes = Buffer.from(writeChanges(list))
      encoded.set(list, bytes)
    }
    return bytes
  }

  /** The latest: a thousand who come back at once are sent one. */
  let snapshot: { readonly key: string; readonly bytes: Buffer } | undefined
  function encodeSnapshot(scope: Scope, instances: ReturnType<RollReader['instances']>): Buffer {
    const key = `${changes.sequence} ${reader.isReady} ${scope ?? ''}`
    if (snapshot?.key !== key) {
      snapshot = { key, bytes: Buffer.from(writeSnapshot(position(), reader.isReady, instances)) }
    }
    return snapshot.bytes
  }

  const encodeKnowledge = () => Buffer.from(writeKnowledge(position(), reader.isReady))

  function instancesOf(scope: Scope) {
    return scope === undefined ? reader.services().flatMap((name) => reader.instances(name)) : reader.instances(scope)
  }

  /** The first state of a client; false while this daemon has none that is worth more than what the client has. */
  function begin(stream: EventStream, scope: Scope, held: Position | undefined): boolean {
    const news = held ? changes.since(held) : 'RESET'
    if (news !== 'RESET') {
      const itsNews = news.filter(({ instance: { kind, service } }) => {
        return kind === 'service' && (scope === undefined || scope === service)
      })
      stream.writeSnapshot(Buffer.concat([Buffer.from(writeChanges(itsNews)), encodeKnowledge()]))
      return true
    }
    const instances = instancesOf(scope)
    // Whoever knows somebody from elsewhere keeps it until this daemon knows better.
    const isKnown = reader.isReady || (held === undefined && instances.length > 0)
    if (isKnown) stream.writeSnapshot(encodeSnapshot(scope, instances))
    return isKnown
  }

  function beat(): void {
    stopHeartbeats = clock.after(heartbeatMs, beat)
    for (const { stream } of watchers) stream.write(heartbeat)
  }

  const stopReadiness = reader.onReadiness(() => {
    fan.flush()
    for (const watcher of watchers) watcher.knowledgeChanged()
  })

  return {
    open(scope, held, response) {
      let hasBegun = false
      const stopListening = fan.listen(scope, (list) => {
        if (hasBegun) stream.write(encodeChanges(list))
        else hasBegun = begin(stream, scope, held)
      })
      const stream = new EventStream(response, {
        maxBufferedBytes,
        stallMs: 2 * heartbeatMs,
        onCutOff: () => void (slowReadersCutOff += 1),
        onEnd() {
          stopListening()
          watchers.delete(watcher)
          if (watchers.size === 0) stopHeartbeats?.()
        },
      })
      const watcher: Watcher = {
        stream,
        knowledgeChanged() {
          if (hasBegun) stream.write(encodeKnowledge())
          else hasBegun = begin(stream, scope, held)
        },
      }
      if (watchers.size === 0) stopHeartbeats = clock.after(heartbeatMs, beat)
      watchers.add(watcher)
      // Those whom a daemon loses do not come back to the next all at once.
      stream.write(Buffer.from(`retry: ${500 + Math.floor(random() * 1_500)}\n\n`))
      hasBegun = begin(stream, scope, held)
      if (!hasBegun) stream.write(Buffer.from(writeKnowledge(undefined, false)))
      if (isClosed) stream.end()
    },
    get counts() {
      return { watchers: watchers.size, slowReadersCutOff }
    },
    close() {
      isClosed = true
      stopReadiness()
      stopHeartbeats?.()
      for (const { stream } of watchers) stream.end()
    },
  }
}
