// DNS over TCP (RFC 7766): any number of questions on one connection, each after its length. Promises that a client which sends
// nothing whole, or does not read, holds a connection for a bounded time and a bounded memory, and that there are so many at most.

import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { pipeline } from 'node:stream'
import type { Clock } from '../../../messaging/sp/clock.ts'
import type { Responder } from './responder.ts'

export interface TcpListenerOptions {
  readonly respond: Responder
  readonly host: string
  /** 0 = any that is free. */
  readonly port: number
  readonly clock: Clock
  /** Connections at once; who comes after is refused. */
  readonly maxConnections: number
  /** From one whole question to the next, and to the end of a reply's way, in milliseconds. */
  readonly idleMs: number
}

export interface TcpListener {
  readonly port: number
  close(): Promise<void>
}

const lengthBytes = 2

/** Fails as `net.Server.listen` does. */
export async function listenTcp(options: TcpListenerOptions): Promise<TcpListener> {
  const { host, port, maxConnections } = options
  const sockets = new Set<Socket>()
  // A client may end its side once it has asked, and wait for the answers.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serve(socket, options)
  })
  server.maxConnections = maxConnections
  server.listen({ host, port })
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? port) : port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function serve(socket: Socket, { respond, clock, idleMs }: TcpListenerOptions): void {
  let cancel = () => {}
  function waitForNext(): void {
    cancel()
    cancel = clock.after(idleMs, () => socket.destroy())
  }
  async function* answerAll(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const message of readMessages(chunks)) {
      waitForNext()
      const reply = respond(message, 'tcp')
      if (!reply) return
      const length = Buffer.allocUnsafe(lengthBytes)
      length.writeUInt16BE(reply.length)
      yield Buffer.concat([length, reply])
    }
  }
  waitForNext()
  // Whatever breaks a connection ends it, and it alone.
  pipeline(socket, answerAll, socket, () => {
    cancel()
    socket.destroy()
  })
}

/** The messages of a stream, without their lengths. Holds at most one of them and one chunk. */
async function* readMessages(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let unread: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk])
    while (unread.length >= lengthBytes) {
      const end = lengthBytes + unread.readUInt16BE(0)
      if (unread.length < end) break
      yield unread.subarray(lengthBytes, end)
      unread = unread.subarray(end)
    }
  }
}
