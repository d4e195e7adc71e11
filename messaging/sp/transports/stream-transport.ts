// Listening and connecting for transports whose connections are Node sockets; TCP and ipc differ in how an address is
// read and how a socket is set up, and in nothing else.

import type { ListenOptions, NetConnectOpts, Socket } from 'node:net'
import type { AcceptOptions, Carrier, ConnectOptions, Transport, TransportListener } from '../transport.ts'
import type { StreamOptions } from './stream-carrier.ts'
import { setMaxListeners } from 'node:events'
import { connect, createServer } from 'node:net'
import { RollcallError } from '../error.ts'
import { HandshakeRefused } from '../transport.ts'
import { openStreamCarrier } from './stream-carrier.ts'

export interface StreamTransportKind {
  readonly scheme: string
  readonly isNamed: boolean
  listenOptions(rest: string): ListenOptions
  connectOptions(rest: string): NetConnectOpts
  prepare(socket: Socket): void
  /** What follows `scheme://` for a server bound as asked by `rest`, which got `port`. */
  boundRest(rest: string, port: number): string
  /** Makes way for a listener where the address is taken by something dead; true to try once more. */
  reclaim?(rest: string): Promise<boolean>
}

/** Connections that wait for their accept: thousands of respondents return at once after a daemon's restart. */
const backlog = 4_096

export function createStreamTransport(kind: StreamTransportKind, options: StreamOptions): Transport {
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
    const server = createServer({ noDelay: true }, (socket) => {
      kind.prepare(socket)
      const remote =
        socket.remoteAddress === undefined ? undefined : { host: socket.remoteAddress, port: socket.remotePort ?? 0 }
      openStreamCarrier(socket, options, accept, closing.signal).then(
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

  async function openConnection(rest: string, { type, peerType, signal }: ConnectOptions): Promise<Carrier> {
    const socket = connect({ ...kind.connectOptions(rest) })
    await connected(socket, signal)
    kind.prepare(socket)
    const { carrier } = await openStreamCarrier(socket, options, { type, peerType }, signal)
    return carrier
  }

  function connected(socket: Socket, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopTimer = options.clock.after(options.limits.handshakeTimeoutMs, () =>
        fail(new HandshakeRefused('connect-timeout')),
      )
      const onAbort = () => fail(new HandshakeRefused('closed'))
      function finish(): void {
        stopTimer()
        signal.removeEventListener('abort', onAbort)
        socket.off('connect', onConnect).off('error', fail)
      }
      function onConnect(): void {
        finish()
        resolve()
      }
      function fail(error: Error): void {
        finish()
        socket.on('error', () => undefined)
        socket.destroy()
        reject(error)
      }
      socket.once('connect', onConnect).once('error', fail)
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort)
    })
  }

  return { scheme: kind.scheme, isNamed: kind.isNamed, listen, connect: openConnection }
}

function listenError(address: string, error: Error): RollcallError {
  const code = errorCode(error)
  if (code === 'EADDRINUSE')
    return new RollcallError('ADDRESS_IN_USE', `${address} is in use by another program`, { cause: error })
  return new RollcallError('ADDRESS_UNREACHABLE', `cannot listen at ${address}: ${error.message}`, { cause: error })
}

function errorCode(error: unknown): string | undefined {
  const cause = error instanceof RollcallError ? error.cause : error
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}
