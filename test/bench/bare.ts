// The same work without an engine: what Node's sockets can do at most. Honest work: every message is framed anew (length,
// header, body copied), and whoever receives parses every frame and gives it to a callback.

import type { Server, Socket } from 'node:net'
import type { Server as HttpServer } from 'node:http'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'

/** The id is part of the message, as header words are. */
export const bareIdBytes = 4
const headBytes = 8 + bareIdBytes

const nothing = Buffer.alloc(0)

/** Length, id and body in one new buffer. */
export function writeBareFrame(id: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + body.length)
  frame.writeUInt32BE(0, 0)
  frame.writeUInt32BE(4 + body.length, 4)
  frame.writeUInt32BE(id, 8)
  frame.set(body, headBytes)
  return frame
}

/** Calls back for every whole frame of a stream. */
export function onBareFrames(socket: Socket, onFrame: (id: number, body: Buffer) => void): void {
  let unread: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    const bytes = unread.length === 0 ? chunk : Buffer.concat([unread, chunk])
    let at = 0
    while (bytes.length - at >= headBytes) {
      const end = at + 8 + bytes.readUInt32BE(at + 4)
      if (end > bytes.length) break
      onFrame(bytes.readUInt32BE(at + 8), bytes.subarray(at + headBytes, end))
      at = end
    }
    unread = bytes.subarray(at)
  })
}

/** Answers every frame with `answer`, or with its own body. */
export function answerBare(socket: Socket, answer?: Uint8Array): void {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  onBareFrames(socket, (id, body) => void socket.write(writeBareFrame(id, answer ?? body)))
}

/** Bytes that may wait on a socket before a sender waits. */
export const maxWaitingBytes = 262_144

/** Every message to every socket; what there is for one leaves together. */
export async function publishBare(
  sockets: readonly Socket[],
  bodies: readonly Uint8Array[],
  count: number,
): Promise<void> {
  for (const socket of sockets) socket.cork()
  for (let i = 0; i < count; i += 1) {
    const frame = writeBareFrame(i, bodies[i % bodies.length] ?? nothing)
    for (const socket of sockets) socket.write(frame)
    const full = sockets.filter((socket) => socket.writableLength >= maxWaitingBytes)
    if (full.length === 0) continue
    const drained = full.map((socket) => once(socket, 'drain'))
    for (const socket of full) socket.uncork()
    await Promise.all(drained)
    for (const socket of full) socket.cork()
  }
  for (const socket of sockets) socket.uncork()
}

/** One way, as fast as sockets go: frames leave together, and the sender waits when many bytes do. */
export async function sendBare(socket: Socket, body: Uint8Array, count: number): Promise<void> {
  socket.cork()
  for (let i = 0; i < count; i += 1) {
    socket.write(writeBareFrame(i, body))
    if (socket.writableLength < maxWaitingBytes) continue
    const drained = once(socket, 'drain')
    socket.uncork()
    await drained
    socket.cork()
  }
  socket.uncork()
}

export function dialBare(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => socket.destroy())
  return socket
}

/** In TLS 1.3 with a pre-shared key. */
export function dialBareTls(port: number, key: Uint8Array): Promise<Socket> {
  return new Promise((resolve) => {
    const pskCallback = () => ({ identity: 'bench', psk: key })
    const to = { port, host: '127.0.0.1', ciphers: bareCipher, pskCallback, checkServerIdentity: () => undefined }
    const socket = connectTls(to, () => resolve(socket.setNoDelay()))
  })
}

export function listenBare(onSocket: (socket: Socket) => void): Promise<ListeningBare> {
  return listenOnAnyPort(createServer({ noDelay: true }, onSocket))
}

export function listenBareTls(onSocket: (socket: Socket) => void, key: Uint8Array): Promise<ListeningBare> {
  const pskCallback = () => Buffer.from(key)
  return listenOnAnyPort(createTlsServer({ noDelay: true, ciphers: bareCipher, pskCallback }, onSocket))
}

interface ListeningBare {
  readonly server: Server
  readonly port: number
}

/** The one that tls+tcp takes. */
const bareCipher = 'TLS_AES_128_GCM_SHA256'

function listenOnAnyPort(server: Server): Promise<ListeningBare> {
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => resolve({ server, port: portOf(server) }))
  })
}

/** Sends the same response, headers included, to whatever is asked. */
export function listenBareHttp(headers: Readonly<Record<string, string>>, body: string): Promise<HttpServer> {
  return new Promise((resolve) => {
    const server = createHttpServer({ keepAliveTimeout: 72_000 }, (_request, response) => {
      response.writeHead(200, headers)
      response.end(body)
    })
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}

/** Sends every packet back to where it came from, whose address is not looked up. */
export async function listenBareUdp(): Promise<number> {
  const socket = createSocket({ type: 'udp4', lookup: (address, _options, callback) => callback(null, address, 4) })
  const listening = once(socket, 'listening')
  socket.on('message', (packet, { port, address }) => socket.send(packet, port, address))
  socket.bind(0, '127.0.0.1')
  await listening
  return socket.address().port
}

export function portOf(server: Server): number {
  const bound = server.address()
  return typeof bound === 'object' && bound ? bound.port : 0
}
