// A tunnel as a Node stream of bytes: backpressure both ways, half-close as `end`, destroy as reset. Messages' bounds are not kept.

import type { Tunnel } from './tunnel.ts'
import { Duplex } from 'node:stream'
import { maxChunkBytes } from './tunnel-frame.ts'

export function createTunnelDuplex(tunnel: Tunnel): Duplex {
  const reading = new AbortController()
  let isReading = false
  /** The stream asked again while a push was under way. */
  let isAsked = false

  async function read(): Promise<void> {
    isReading = true
    try {
      do {
        isAsked = false
        const chunk = await tunnel.readChunk({ signal: reading.signal })
        if (!chunk) {
          stream.push(null)
          return
        }
        // A chunk without bytes would be no progress to a stream.
        if (chunk.bytes.length === 0 || stream.push(chunk.bytes)) isAsked = true
      } while (isAsked)
      isReading = false
    } catch (error) {
      stream.destroy(asError(error))
    }
  }

  const stream = new Duplex({
    highWaterMark: maxChunkBytes,
    allowHalfOpen: true,
    read() {
      isAsked = true
      if (!isReading) void read()
    },
    write(chunk: Buffer, _encoding, done) {
      if (chunk.length === 0) done()
      else void tell(tunnel.send(chunk), done)
    },
    final(done) {
      tunnel.end()
      void tell(tunnel.taken(), done)
    },
    destroy(error, done) {
      reading.abort()
      // After both ends this says nothing to anybody.
      tunnel.destroy(error ?? undefined)
      done(error)
    },
  })
  return stream
}

async function tell(outcome: Promise<void>, done: (error?: Error) => void): Promise<void> {
  let failure: Error | undefined
  try {
    await outcome
  } catch (error) {
    failure = asError(error)
  }
  done(failure)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
