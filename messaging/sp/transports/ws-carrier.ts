// One WebSocket that carries SP: a message in each binary frame. Frames of one tick leave in one write; what was read while
// nobody takes it waits here, bounded by what one read brings.

import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import type { PipeAddress } from '../engine.ts'
import type { Carrier, CarrierReceiver } from '../transport.ts'
import type { StreamOptions } from './stream-carrier.ts'
import { queueFlush } from './flush-queue.ts'
import { addressOf } from './stream-carrier.ts'

export type WsOptions = Omit<StreamOptions, 'prefix'>

const nobody: CarrierReceiver = { message() {}, closed() {}, drained() {} }
const keepAliveAfterMs = 10_000

export class WsCarrier implements Carrier {
  readonly local: PipeAddress | undefined
  readonly remote: PipeAddress | undefined
  readonly identity = undefined
  readonly #ws: WebSocket
  readonly #socket: Socket
  readonly #options: WsOptions
  #receiver = nobody
  /** Read and not delivered: somebody has paused, or nobody has started yet. */
  #waiting: Buffer[] = []
  #isPaused = true
  #isDelivering = false
  #isCorked = false
  #isClosed = false
  /** The connection is gone, and what it brought is still to be delivered. */
  #isOver = false
  #closeReason = 'closed-by-peer'

  constructor(ws: WebSocket, socket: Socket, options: WsOptions) {
    this.#ws = ws
    this.#socket = socket
    this.#options = options
    this.local = addressOf(socket.localAddress, socket.localPort)
    this.remote = addressOf(socket.remoteAddress, socket.remotePort)
    socket.setKeepAlive(true, keepAliveAfterMs)
    ws.pause()
    ws.on('message', (data, isBinary) => this.#arrived(data, isBinary))
    ws.on('error', (error: NodeJS.ErrnoException) => this.#noteReason(reasonOf(error)))
    ws.on('close', () => {
      this.#isOver = true
      if (this.#waiting.length === 0) this.#finish()
    })
    socket.on('drain', () => this.#receiver.drained())
  }

  get queuedBytes(): number {
    return this.#ws.bufferedAmount
  }

  start(receiver: CarrierReceiver): void {
    this.#receiver = receiver
    if (this.#isClosed) process.nextTick(() => receiver.closed(this.#closeReason))
    else this.resume()
  }

  send(header: Uint8Array, body: Uint8Array): void {
    if (this.#isClosed || this.#isOver) return
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#socket.cork()
      queueFlush(this)
    }
    this.#ws.send(header.length === 0 ? body : Buffer.concat([header, body]), { binary: true })
  }

  flush(): void {
    const wasOver = this.queuedBytes >= this.#options.limits.maxQueuedBytes
    this.#isCorked = false
    this.#socket.uncork()
    // A socket says that it has drained only when it was given more than it likes.
    if (wasOver && !this.#socket.writableNeedDrain) this.#receiver.drained()
  }

  pause(): void {
    this.#isPaused = true
    this.#ws.pause()
  }

  resume(): void {
    if (this.#isClosed || !this.#isPaused) return
    this.#isPaused = false
    this.#deliver()
    // A message just delivered may have paused it again.
    if (!this.#isPaused) this.#ws.resume()
  }

  destroy(reason: string): void {
    this.#noteReason(reason)
    this.#ws.terminate()
    this.#finish()
  }

  end(reason: string): Promise<void> {
    this.#noteReason(reason)
    this.#finish()
    if (this.#isOver) return Promise.resolve()
    return new Promise((resolve) => {
      const { clock, limits } = this.#options
      const stopTimer = clock.after(limits.lingerMs, () => this.#ws.terminate())
      this.#ws.once('close', () => {
        stopTimer()
        resolve()
      })
      // The peer's own end has to be read. There is no closing handshake: after one, libnanomsg never dials again.
      this.#ws.resume()
      this.#socket.end()
    })
  }

  #arrived(data: RawData, isBinary: boolean): void {
    if (this.#isClosed) return
    if (!isBinary || !Buffer.isBuffer(data)) return this.destroy('bad-frame')
    this.#waiting.push(data)
    this.#deliver()
  }

  #deliver(): void {
    if (this.#isDelivering) return
    this.#isDelivering = true
    let message: Buffer | undefined
    while (!this.#isPaused && !this.#isClosed && (message = this.#waiting.shift())) this.#receiver.message(message)
    this.#isDelivering = false
    if (this.#isOver && this.#waiting.length === 0) this.#finish()
  }

  #noteReason(reason: string): void {
    if (!this.#isClosed) this.#closeReason = reason
  }

  #finish(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting = []
    this.#receiver.closed(this.#closeReason)
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'oversized'
  return error.code?.startsWith('WS_ERR_') ? 'bad-frame' : (error.code ?? error.message)
}
