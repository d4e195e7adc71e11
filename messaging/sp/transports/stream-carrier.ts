// SP over a byte stream (TCP, TLS, Unix domain sockets): the handshake, then frames both ways. Writes of one tick
// leave in one write; what is read is delivered message by message as views of the chunks that came in.

import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { PipeAddress } from '../engine.ts'
import type { FrameError, FramePrefix, FrameSink } from '../frame.ts'
import type { SpLimits } from '../limits.ts'
import type { Carrier, CarrierReceiver } from '../transport.ts'
import { unmapIp } from '../address.ts'
import { formatHandshake, FrameReader, handshakeBytes, headBytes, readHandshake, writeFrameHead } from '../frame.ts'
import { noHeader } from '../header.ts'
import { HandshakeRefused } from '../transport.ts'
import { queueFlush } from './flush-queue.ts'
import { joinSlices, takeSlice } from './slab.ts'

export interface StreamOptions {
  readonly prefix: FramePrefix
  readonly limits: SpLimits
  readonly clock: Clock
}

/** A body up to this size is copied behind its header; a larger one is handed to the socket as it is. */
const copiedBytes = 16_384

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

class StreamCarrier implements Carrier, FrameSink {
  readonly local: PipeAddress | undefined
  readonly remote: PipeAddress | undefined
  readonly identity: string | undefined
  readonly #socket: Socket
  readonly #options: StreamOptions
  readonly #reader: FrameReader
  #receiver = nobody
  #early: Buffer
  /** Framed and not yet given to the socket; what does not follow on the first directly stands in the second. */
  #unwritten: Buffer | undefined
  #unwrittenMore: Buffer[] | undefined
  #unwrittenBytes = 0
  #isPaused = true
  #isClosed = false
  #closeReason = 'closed-by-peer'

  constructor(socket: Socket, options: StreamOptions, early: Buffer, identity: string | undefined) {
    this.#socket = socket
    this.identity = identity
    this.#options = options
    this.#early = early
    this.local = addressOf(socket.localAddress, socket.localPort)
    this.remote = addressOf(socket.remoteAddress, socket.remotePort)
    this.#reader = new FrameReader(this, options.prefix, options.limits.maxMessageBytes)
    // Paused until somebody has taken the carrier: listeners are there, so that a close in between is not lost.
    socket.pause()
    socket.on('data', (chunk: Buffer) => this.#reader.push(chunk))
    socket.on('drain', () => this.#receiver.drained())
    socket.on('error', (error: NodeJS.ErrnoException) => this.#noteReason(error.code ?? error.message))
    socket.on('end', () => this.#finish())
    socket.on('close', () => this.#finish())
  }

  get queuedBytes(): number {
    return this.#unwrittenBytes + this.#socket.writableLength
  }

  frame(message: Buffer): void {
    this.#receiver.message(message)
  }

  frameError(error: FrameError): void {
    this.destroy(error)
  }

  get isReadingPaused(): boolean {
    return this.#isPaused || this.#isClosed
  }

  start(receiver: CarrierReceiver): void {
    this.#receiver = receiver
    if (this.#isClosed) {
      process.nextTick(() => receiver.closed(this.#closeReason))
      return
    }
    const early = this.#early
    this.#early = Buffer.alloc(0)
    this.#isPaused = false
    if (early.length > 0) this.#reader.push(early)
    if (!this.#isPaused) this.#socket.resume()
  }

  send(header: Uint8Array, body: Uint8Array): void {
    if (this.#isClosed) return
    if (!this.#unwritten) queueFlush(this)
    this.#append(frame(header, body, this.#options.prefix))
    if (body.length > copiedBytes) this.#append(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  }

  #append(bytes: Buffer): void {
    this.#unwrittenBytes += bytes.length
    if (!this.#unwritten) {
      this.#unwritten = bytes
      return
    }
    const joined = this.#unwrittenMore ? undefined : joinSlices(this.#unwritten, bytes)
    if (joined) this.#unwritten = joined
    else (this.#unwrittenMore ??= []).push(bytes)
  }

  flush(): void {
    const first = this.#unwritten
    const more = this.#unwrittenMore
    const wasOver = this.#unwrittenBytes >= this.#options.limits.maxQueuedBytes
    this.#unwritten = undefined
    this.#unwrittenMore = undefined
    this.#unwrittenBytes = 0
    if (!first || this.#socket.destroyed || this.#socket.writableEnded) return
    if (more) this.#socket.cork()
    this.#socket.write(first)
    if (more) {
      for (const bytes of more) this.#socket.write(bytes)
      this.#socket.uncork()
    }
    // A socket says that it has drained only when it was given more than it likes.
    if (wasOver && !this.#socket.writableNeedDrain) this.#receiver.drained()
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (this.#isClosed || !this.#isPaused) return
    this.#isPaused = false
    this.#reader.continue()
    // A message just delivered may have paused it again.
    if (!this.isReadingPaused) this.#socket.resume()
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
    this.#unwritten = undefined
    this.#unwrittenMore = undefined
    this.#receiver.closed(this.#closeReason)
  }
}

/** The frame that was made last: a survey puts the same question to thousands of pipes, and needs one. */
let lastFramed: { header: Uint8Array; body: Uint8Array; prefix: FramePrefix; bytes: Buffer } | undefined

/** Head, header and, unless it is large, body. Nobody may change the parts afterwards, so equal parts make equal frames. */
function frame(header: Uint8Array, body: Uint8Array, prefix: FramePrefix): Buffer {
  // What goes to many has a header of its own each time; without, the same buffer may have other bytes in it by now.
  const isSame = lastFramed?.header === header && lastFramed.body === body && header !== noHeader
  if (isSame && lastFramed?.prefix === prefix) return lastFramed.bytes
  const isCopied = body.length <= copiedBytes
  const bytes = takeSlice(headBytes(prefix) + header.length + (isCopied ? body.length : 0))
  const headerAt = writeFrameHead(bytes, 0, prefix, header.length + body.length)
  bytes.set(header, headerAt)
  if (isCopied) bytes.set(body, headerAt + header.length)
  lastFramed = { header, body, prefix, bytes }
  return bytes
}

export function addressOf(host: string | undefined, port: number | undefined): PipeAddress | undefined {
  return host === undefined || port === undefined ? undefined : { host: unmapIp(host), port }
}

/** A socket that was given up still says how it died. */
function ignore(): void {}
