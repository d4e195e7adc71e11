// ws://host:port/path as in sp-websocket-mapping-01: the subprotocol names the role of the listener, so that one port
// serves every socket. A listener without a path takes any.

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { AcceptOptions, Carrier, ConnectOptions, Transport, TransportListener } from '../transport.ts'
import type { WsOptions } from './ws-carrier.ts'
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { formatHostPort, readHostPort, splitPath } from '../address.ts'
import { endpointTypes } from '../endpoint-type.ts'
import { HandshakeRefused } from '../transport.ts'
import { addressOf } from './stream-carrier.ts'
import { errorCode, listenError } from './stream-transport.ts'
import { WsCarrier } from './ws-carrier.ts'

/** Subprotocols by the type of the listener. */
const subprotocols: ReadonlyMap<number, string> = new Map(
  Object.entries(endpointTypes).map(([name, type]) => [type, `${name.toLowerCase().replace('_', '-')}.sp.nanomsg.org`]),
)

export function createWsTransport(options: WsOptions): Transport {
  const { clock, limits } = options
  const frames = { maxPayload: limits.maxMessageBytes, perMessageDeflate: false } as const

  function listen(rest: string, accept: AcceptOptions): Promise<TransportListener> {
    const { place, path } = splitPath(rest)
    const { host, port } = readHostPort(place)
    const stopTimers = new Map<Socket, () => void>()
    let isClosing = false
    const upgrader = new WebSocketServer({
      ...frames,
      noServer: true,
      clientTracking: false,
      handleProtocols: (offered) => findRole(offered, accept)?.subprotocol ?? false,
    })
    const server = createServer({ noDelay: true })

    function refuse(reason: string, socket: Socket, status: string): void {
      settled(socket)
      accept.refused(reason, addressOf(socket.remoteAddress, socket.remotePort))
      socket.on('error', ignore)
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
    }
    function settled(socket: Socket): void {
      stopTimers.get(socket)?.()
      stopTimers.delete(socket)
    }

    server.on('connection', (socket: Socket) => {
      const remote = addressOf(socket.remoteAddress, socket.remotePort)
      const stopTimer = clock.after(limits.handshakeTimeoutMs, () => {
        accept.refused('handshake-timeout', remote)
        settled(socket)
        socket.destroy()
      })
      stopTimers.set(socket, stopTimer)
      socket.once('close', () => {
        if (stopTimers.has(socket) && !isClosing) accept.refused('closed-in-handshake', remote)
        settled(socket)
      })
    })
    server.on('request', ({ socket }) => refuse('not-websocket', socket, '426 Upgrade Required'))
    server.on('clientError', (error, socket) => {
      const isSpoken = errorCode(error)?.startsWith('HPE_') === true
      if (isSpoken && isSocket(socket)) refuse('not-websocket', socket, '400 Bad Request')
      else socket.destroy()
    })
    server.on('upgrade', (request: IncomingMessage, _socket, head: Buffer) => {
      const { socket } = request
      if (path !== '' && path !== '/' && request.url !== path) return refuse('wrong-path', socket, '404 Not Found')
      const role = findRole(readOffered(request), accept)
      if (!role) return refuse('wrong-role', socket, '400 Bad Request')
      upgrader.handleUpgrade(request, socket, head, (ws) => {
        settled(socket)
        accept.accept(new WsCarrier(ws, socket, options), role.peerType)
      })
    })
    upgrader.on('wsClientError', (_error, _socket, { socket }) => refuse('bad-handshake', socket, '400 Bad Request'))

    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(listenError(`ws://${rest}`, error)))
      server.listen(host === '' ? { port } : { host, port }, () => {
        server.removeAllListeners('error')
        server.on('error', (error) => accept.refused(errorCode(error) ?? 'accept-failed', undefined))
        const bound = server.address()
        const boundPort = typeof bound === 'object' && bound ? bound.port : port
        resolve({
          rest: formatHostPort({ host: host === '' ? '*' : host, port: boundPort }) + path,
          close() {
            isClosing = true
            server.close()
            for (const socket of stopTimers.keys()) socket.destroy()
          },
        })
      })
    })
  }

  function connect(rest: string, { peerType, host: name, signal }: ConnectOptions): Promise<Carrier> {
    const { place, path } = splitPath(rest)
    const { host, port } = readHostPort(place)
    const to = formatHostPort({ host: host === '' ? 'localhost' : host, port })
    return new Promise((resolve, reject) => {
      const ws = new WebSocket(`ws://${to}${path || '/'}`, subprotocols.get(peerType) ?? [], {
        ...frames,
        ...(name !== undefined && { headers: { Host: formatHostPort({ host: name, port }) } }),
      })
      let socket: Socket | undefined
      const stopTimer = clock.after(limits.handshakeTimeoutMs, () => fail(new HandshakeRefused('connect-timeout')))
      const onAbort = () => fail(new HandshakeRefused('closed'))

      function finish(): void {
        stopTimer()
        signal.removeEventListener('abort', onAbort)
        ws.removeAllListeners()
      }
      function fail(error: Error): void {
        finish()
        ws.on('error', ignore)
        ws.terminate()
        reject(error)
      }
      ws.once('upgrade', (response) => (socket = response.socket))
      ws.once('open', () => {
        if (!socket) return fail(new HandshakeRefused('bad-handshake'))
        finish()
        resolve(new WsCarrier(ws, socket, options))
      })
      ws.once('unexpected-response', () => fail(new HandshakeRefused('refused-by-peer')))
      ws.once('error', (cause) => {
        // What has no code, or one of the parser's, was said by a peer that was reached.
        const code = errorCode(cause)
        const isReached = code === undefined || code.startsWith('HPE_') || code.startsWith('WS_ERR_')
        fail(isReached ? new HandshakeRefused('bad-handshake', { cause }) : cause)
      })
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort)
    })
  }

  return { scheme: 'ws', isNamed: true, hasPath: true, listen, connect }
}

interface WsRole {
  readonly subprotocol: string
  readonly peerType: number
}

/** The first offered that a socket here answers to. */
function findRole(offered: Iterable<string>, accept: AcceptOptions): WsRole | undefined {
  for (const subprotocol of offered)
    for (const peerType of Object.values(endpointTypes)) {
      const type = accept.typeFor(peerType)
      if (type !== undefined && subprotocols.get(type) === subprotocol) return { subprotocol, peerType }
    }
  return undefined
}

function readOffered({ headers }: IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((text) => text.trim())
}

function isSocket(stream: object): stream is Socket {
  return 'remoteAddress' in stream && 'setKeepAlive' in stream
}

/** A socket that was given up still says how it died. */
function ignore(): void {}
