// Listening and connecting for transports whose connections are Node sockets; TCP, TLS and ipc differ in how an address is
// read and how a socket is made, and in nothing else.

import type { ListenOptions, NetConnectOpts, Server, Socket } from 'node:net'
import type { AcceptOptions, Carrier, ConnectOptions, Transport, TransportListener } from '../transport.ts'
import type { StreamOptions } from './stream-carrier.ts'
import { setMaxListeners } from 'node:events'
import { connect, createServer } from 'node:net'
import { RollcallError } from '../error.ts'
import { HandshakeRefused } from '../transport.ts'
import { addressOf, openStreamCarrier } from './stream-carrier.ts'

export interface StreamTransportKind {
  readonly scheme: string
  readonly isNamed: boolean
  listenOptions(rest: string): ListenOptions
  connectOptions(rest: string): NetConnectOpts
  prepare(socket: Socket): void
  /** What follows `scheme://` for a server bound as asked by `rest`, which got `port`. */
  boundRest(rest: string, port: number): string
  /** Default: plain ones. */
  readonly sockets?: SocketMaker
  /** Makes way for a listener where the address is taken by something dead; true to try once more. */
  reclaim?(rest: string): Promise<boolean>
}

/** Makes the sockets of a transport: bytes can be sent on them, and who is at the other end is proven as far as it will be. */
export interface SocketMaker {
  readonly isSecured: boolean
  /** Tells `accept` of connections that never become ready; drops those under way when the signal is aborted. */
  createServer(accept: AcceptOptions, signal: AbortSignal, ready: ReadySocket): Server
  connect(to: NetConnectOpts, options: ConnectOptions): OpeningSocket
}

export type ReadySocket = (socket: Socket, identity: string | undefined) => void

export interface OpeningSocket {
  readonly socket: Socket
  /** Emitted by the socket when it is ready. */
  readonly readyEvent: 'connect' | 'secureConnect'
  /** The identity of the peer, once ready. Throws HandshakeRefused where nothing was proven. */
  identity(): string | undefined
  /** Why it failed, where the error tells more than that nobody was reached. */
  reasonOf(error: Error): string | undefined
}

const plainSockets: SocketMaker = Object.freeze({
  isSecured: false,
  createServer: (_accept: AcceptOptions, _signal: AbortSignal, ready: ReadySocket) =>
    createServer({ noDelay: true }, (socket) => ready(socket, undefined)),
  connect: (to: NetConnectOpts) => ({
    socket: connect(to),
    readyEvent: 'connect' as const,
    identity: () => undefined,
    reasonOf: () => undefined,
  }),
})

/** Connections that wait for their accept: thousands of respondents return at once after a daemon's restart. */
const backlog = 4_096

export function createStreamTransport(kind: StreamTransportKind, options: StreamOptions): Transport {
  const sockets = kind.sockets ?? plainSockets

  async function listen(rest: string, accept: AcceptOptions): Promise<TransportListener> {
    const listenOptions = { ...kind.listenOptions(rest), backlog }
    try {
      return await listenOnce(rest, listenOptions, accept)
    } catch (error) {
      if (errorCode(error) === 'EADDRINUSE' && (await kind.reclaim?.(rest)))
        return listenOnce(rest, listenOptions, accept)
      throw error
    }
  }

  function listenOnce(rest: string, listenOptions: ListenOptions, accept: AcceptOptions): Promise<TransportListener> {
    const closing = new AbortController()
    // One listener for every handshake under way.
    setMaxListeners(0, closing.signal)
    const server = sockets.createServer(accept, closing.signal, (socket, identity) => {
      kind.prepare(socket)
      const remote = addressOf(socket.remoteAddress, socket.remotePort)
      openStreamCarrier(socket, options, accept, { signal: closing.signal, identity }).then(
        ({ carrier, peerType }) => accept.accept(carrier, peerType),
        (error: unknown) => accept.refused(error instanceof Error ? error.message : String(error), remote),
      )
    })
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(listenError(`${kind.scheme}://${rest}`, error)))
      server.listen(listenOptions, () => {
        server.removeAllListeners('error')
        // A failed accept (no file descriptors left) must not end the process; the peer tries again.
        server.on('error', (error) => accept.refused(errorCode(error) ?? 'accept-failed', undefined))
        const bound = server.address()
        resolve({
          rest: kind.boundRest(rest, typeof bound === 'object' && bound ? bound.port : 0),
          close() {
            server.close()
            closing.abort()
          },
        })
      })
    })
  }

  async function openConnection(rest: string, connectOptions: ConnectOptions): Promise<Carrier> {
    const { type, peerType, signal } = connectOptions
    const opening = sockets.connect({ ...kind.connectOptions(rest) }, connectOptions)
    const { socket } = opening
    const identity = await connected(opening, signal)
    kind.prepare(socket)
    const { carrier } = await openStreamCarrier(socket, options, { type, peerType }, { signal, identity })
    return carrier
  }

  function connected(opening: OpeningSocket, signal: AbortSignal): Promise<string | undefined> {
    const { socket, readyEvent } = opening
    return new Promise((resolve, reject) => {
      const stopTimer = options.clock.after(options.limits.handshakeTimeoutMs, () =>
        fail(new HandshakeRefused('connect-timeout')),
      )
      const onAbort = () => fail(new HandshakeRefused('closed'))
      function finish(): void {
        stopTimer()
        signal.removeEventListener('abort', onAbort)
        socket.off(readyEvent, onReady).off('error', onError)
      }
      function onReady(): void {
        try {
          const identity = opening.identity()
          finish()
          resolve(identity)
        } catch (error) {
          fail(error)
        }
      }
      function onError(cause: Error): void {
        const reason = opening.reasonOf(cause)
        fail(reason === undefined ? cause : new HandshakeRefused(reason, { cause }))
      }
      function fail(error: unknown): void {
        finish()
        socket.on('error', () => undefined)
        socket.destroy()
        reject(error)
      }
      socket.once(readyEvent, onReady).once('error', onError)
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort)
    })
  }

  const { scheme, isNamed } = kind
  return { scheme, isNamed, isSecured: sockets.isSecured, listen, connect: openConnection }
}

export function listenError(address: string, error: Error): RollcallError {
  const code = errorCode(error)
  if (code === 'EADDRINUSE')
    return new RollcallError('ADDRESS_IN_USE', `${address} is in use by another program`, { cause: error })
  return new RollcallError('ADDRESS_UNREACHABLE', `cannot listen at ${address}: ${error.message}`, { cause: error })
}

export function errorCode(error: unknown): string | undefined {
  const cause = error instanceof RollcallError ? error.cause : error
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}
