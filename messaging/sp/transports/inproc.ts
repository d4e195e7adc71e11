// inproc://name: sockets of one engine in one process. Messages are copied, so that neither side sees the other's
// buffers, and delivered on a later tick, so that sending never calls into a receiver.

import type {
  Carrier,
  CarrierReceiver,
  AcceptOptions,
  ConnectOptions,
  Transport,
  TransportListener,
} from '../transport.ts'
import { RollcallError } from '../error.ts'
import { HandshakeRefused } from '../transport.ts'

export function createInprocTransport(): Transport {
  const listeners = new Map<string, AcceptOptions>()

  return {
    scheme: 'inproc',
    isNamed: false,
    listen(rest: string, options: AcceptOptions): Promise<TransportListener> {
      if (listeners.has(rest))
        return Promise.reject(new RollcallError('ADDRESS_IN_USE', `inproc://${rest} is in use by another socket`))
      listeners.set(rest, options)
      return Promise.resolve({ rest, close: () => void listeners.delete(rest) })
    },
    connect(rest: string, { type, peerType }: ConnectOptions): Promise<Carrier> {
      const listener = listeners.get(rest)
      if (!listener) return Promise.reject(new HandshakeRefused('unreachable'))
      if (listener.typeFor(type) !== peerType) {
        listener.refused('wrong-role', undefined)
        return Promise.reject(new HandshakeRefused('wrong-role'))
      }
      const ours = new InprocCarrier()
      const theirs = new InprocCarrier()
      ours.peer = theirs
      theirs.peer = ours
      process.nextTick(() => listener.accept(theirs, type))
      return Promise.resolve(ours)
    },
  }
}

class InprocCarrier implements Carrier {
  readonly local = undefined
  readonly remote = undefined
  readonly identity = undefined
  peer: InprocCarrier | undefined
  #receiver: CarrierReceiver | undefined
  /** Sent by the peer and not yet delivered here. */
  #arrived: Buffer[] = []
  #arrivedBytes = 0
  #isPaused = false
  #isScheduled = false
  #closeReason: string | undefined

  get queuedBytes(): number {
    const { peer } = this
    return peer ? peer.#arrivedBytes : 0
  }

  start(receiver: CarrierReceiver): void {
    this.#receiver = receiver
    this.#schedule()
  }

  send(header: Uint8Array, body: Uint8Array): void {
    const peer = this.peer
    if (!peer || this.#closeReason !== undefined) return
    const message = Buffer.concat([header, body])
    peer.#arrived.push(message)
    peer.#arrivedBytes += message.length
    peer.#schedule()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#schedule()
  }

  destroy(reason: string): void {
    this.#arrived = []
    this.#close(reason)
    const { peer } = this
    if (peer) peer.#close('closed-by-peer')
  }

  end(reason: string): Promise<void> {
    this.destroy(reason)
    return Promise.resolve()
  }

  #close(reason: string): void {
    this.#closeReason ??= reason
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#receiver) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const receiver = this.#receiver
    if (!receiver) return
    let message: Buffer | undefined
    while (!this.#isPaused && (message = this.#arrived.shift())) {
      this.#arrivedBytes -= message.length
      receiver.message(message)
    }
    const { peer } = this
    if (peer && this.#arrived.length === 0) peer.#receiver?.drained()
    if (this.#closeReason === undefined || (this.#isPaused && this.#arrived.length > 0)) return
    this.#receiver = undefined
    receiver.closed(this.#closeReason)
  }
}
