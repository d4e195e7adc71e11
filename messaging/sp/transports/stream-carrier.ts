// SP over a byte stream (TCP, TLS, Unix domain sockets): the handshake, then frames both ways. Writes of one tick
// leave in one write; what is read is delivered message by message as views of the chunks that came in.

import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { PipeAddress } from '../engine.ts'
import type { FrameError, FrameOwner, FramePrefix } from '../frame.ts'
import type { SpLimits } from '../limits.ts'
import type { Carrier, CarrierReceiver } from '../transport.ts'
import { unmapIp } from '../address.ts'
import { formatHandshake, FrameReader, handshakeBytes, readHandshake } from '../frame.ts'
import { HandshakeRefused } from '../transport.ts'
import { queueFlush } from './flush-queue.ts'
import { WriteBatch } from './write-batch.ts'

export interface StreamOptions {
  readonly prefix: FramePrefix
  readonly limits: SpLimits
  readonly clock: Clock
}

/** So much is written before the tick ends: it is still in the processor's cache. */
const eagerBytes = 131_072

const nobody: CarrierReceiver = { message() {}, closed() {}, drained() {} }

export interface OpenOptions {
  readonly signal?: AbortSignal
  /** Who the peer proved to be, below SP. */
  readonly identity?: string | undefined
}

/** Shakes hands as the side that knows its type, or (`typeFor`) as the one that answers with a matching type. */
export function openStreamCarrier(
  socket: Socket,
  options: StreamOptions,
  role: { readonly type: number; readonly peerType: number } | { typeFor(peerType: number): number | undefined },
  { signal, identity }: OpenOptions = {},
): Promise<{ readonly carrier: Carrier; readonly peerType: number }> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0)
    const stopTimer = options.clock.after(options.limits.handshakeTimeoutMs, () => refuse('handshake-timeout'))
    const onAbort = () => refuse('closed')

    function finish(): void {
      stopTimer()
      signal?.removeEventListener('abort', onAbort)
      socket.off('data', onData).off('close', onClose).off('error', onError)
    }
    function refuse(reason: string, cause?: unknown): void {
      finish()
      socket.on('error', ignore)
      socket.destroy()
      reject(new HandshakeRefused(reason, { cause }))
    }
    function onClose(): void {
      refuse('closed-in-handshake')
    }
    function onError(error: Error): void {
      refuse('closed-in-handshake', error)
    }
    function onData(chunk: Buffer): void {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      if (received.length < handshakeBytes) return
      const peerType = readHandshake(received)
      if (peerType === undefined) return refuse('bad-header')
      if ('type' in role ? peerType !== role.peerType : !answer(peerType)) return refuse('wrong-role')
      finish()
      resolve({ carrier: new StreamCarrier(socket, options, received.subarray(handshakeBytes), identity), peerType })
    }
    function answer(peerType: number): boolean {
      const type = 'typeFor' in role ? role.typeFor(peerType) : undefined
      if (type !== undefined) socket.write(formatHandshake(type))
      return type !== undefined
    }

    if (signal?.aborted) return refuse('closed')
    signal?.addEventListener('abort', onAbort)
    socket.on('data', onData).on('close', onClose).on('error', onError)
    if ('type' in role) socket.write(formatHandshake(role.type))
  })
}

class StreamCarrier implements Carrier, FrameOwner {
  readonly local: PipeAddress | undefined
  readonly remote: PipeAddress | undefined
  readonly identity: string | undefined
  readonly #socket: Socket
  readonly #options: StreamOptions
  readonly #reader: FrameReader
  #receiver = nobody
  #early: Buffer
  /** Framed and not yet given to the socket. */
  readonly #unwritten = new WriteBatch()
  #isClosed = false
  #closeReason = 'closed-by-peer'

  constructor(socket: Socket, options: StreamOptions, early: Buffer, identity: string | undefined) {
    this.#socket = socket
    this.identity = identity
    this.#options = options
    this.#early = early
    this.local = addressOf(socket.localAddress, socket.localPort)
    this.remote = addressOf(socket.remoteAddress, socket.remotePort)
    this.#reader = new FrameReader(this, nobody, options.prefix, options.limits.maxMessageBytes)
    // Paused until somebody has taken the carrier: listeners are there, so that a close in between is not lost.
    this.#reader.isPaused = true
    socket.pause()
    socket.on('data', (chunk: Buffer) => this.#reader.push(chunk))
    socket.on('drain', () => this.#receiver.drained())
    socket.on('error', (error: NodeJS.ErrnoException) => this.#noteReason(error.code ?? error.message))
    socket.on('end', () => this.#finish())
    socket.on('close', () => this.#finish())
  }

  get queuedBytes(): number {
    return this.#unwritten.byteLength + this.#socket.writableLength
  }

  frameError(error: FrameError): void {
    this.destroy(error)
  }

  start(receiver: CarrierReceiver): void {
    this.#receiver = receiver
    this.#reader.receiver = receiver
    if (this.#isClosed) {
      process.nextTick(() => receiver.closed(this.#closeReason))
      return
    }
    const early = this.#early
    this.#early = Buffer.alloc(0)
    this.#reader.isPaused = false
    if (early.length > 0) this.#reader.push(early)
    if (!this.#reader.isPaused) this.#socket.resume()
  }

  send(header: Uint8Array, body: Uint8Array): void {
    if (this.#isClosed) return
    if (this.#unwritten.byteLength === 0) queueFlush(this)
    this.#unwritten.append(header, body, this.#options.prefix)
    if (this.#unwritten.byteLength >= eagerBytes) this.flush()
  }

  flush(): void {
    const wasOver = this.#unwritten.byteLength >= this.#options.limits.maxQueuedBytes
    if (this.#socket.destroyed || this.#socket.writableEnded) return this.#unwritten.drop()
    this.#unwritten.writeTo(this.#socket)
    // A socket says that it has drained only when it was given more than it likes.
    if (wasOver && !this.#socket.writableNeedDrain) this.#receiver.drained()
  }

  pause(): void {
    this.#reader.isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (this.#isClosed || !this.#reader.isPaused) return
    this.#reader.isPaused = false
    this.#reader.continue()
    // A message just delivered may have paused it again.
    if (!this.#reader.isPaused) this.#socket.resume()
  }

  destroy(reason: string): void {
    this.#noteReason(reason)
    this.#socket.destroy()
    this.#finish()
  }

  end(reason: string): Promise<void> {
    this.#noteReason(reason)
    this.flush()
    this.#finish(false)
    if (this.#socket.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      const stopTimer = this.#options.clock.after(this.#options.limits.lingerMs, () => this.#socket.destroy())
      this.#socket.once('close', () => {
        stopTimer()
        resolve()
      })
      // What the peer still sends must be read away, or the kernel resets the connection under our last bytes.
      this.#socket.resume()
      this.#socket.end()
    })
  }

  #noteReason(reason: string): void {
    if (!this.#isClosed) this.#closeReason = reason
  }

  #finish(isDestroyed = true): void {
    if (isDestroyed) this.#socket.destroy()
    if (this.#isClosed) return
    this.#isClosed = true
    this.#reader.isPaused = true
    this.#unwritten.drop()
    this.#receiver.closed(this.#closeReason)
  }
}

export function addressOf(host: string | undefined, port: number | undefined): PipeAddress | undefined {
  return host === undefined || port === undefined ? undefined : { host: unmapIp(host), port }
}

/** A socket that was given up still says how it died. */
function ignore(): void {}
