// The HTTP door of a daemon: listens, and stops. Promises the real port in `url`, an error that names the variable to
// change when it cannot listen, and a close that ends within a bounded time; what is answered stands in routes.ts.

import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { formatHostPort } from '../../../messaging/sp/address.ts'
import { systemClock } from '../../../messaging/sp/clock.ts'
import { RollcallError } from '../../../messaging/sp/error.ts'
import type { HttpAppOptions } from './http-app.ts'
import { createHttpApp } from './http-app.ts'

export interface HttpDoorOptions extends Omit<HttpAppOptions, 'onServer'> {
  /** Name or IP address to listen on. */
  readonly host: string
  /** 0 = any that is free. */
  readonly port: number
  /** How long close() waits for requests under way, in milliseconds. Default 1,000: every answer is ready when it is asked for, so
   * whatever takes longer is a client that does not read, or a connection that never asked. */
  readonly closeGraceMs?: number
}

export interface HttpDoor {
  /** Where it listens, with the real port; of all addresses, the one that this machine itself would use. */
  readonly url: string
  /** Stops listening, answers what is under way, and closes every connection. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Fails with `ADDRESS_IN_USE` or `ADDRESS_UNREACHABLE`. */
export async function openHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const { host, port, closeGraceMs = 1000, clock = systemClock } = options
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const onServer = (server: Server) => {
    servers.push(server)
    // A handshake of TLS that never ends is nothing that the server would tell of, or close.
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
  }
  const app = createHttpApp({ ...options, onServer })
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw describeListenFailure(error, host, port)
  }

  let closing: Promise<void> | undefined
  async function closeOnce(): Promise<void> {
    const cancel = clock.after(closeGraceMs, () => {
      for (const socket of sockets) socket.destroy()
    })
    await app.close()
    cancel()
  }
  const close = () => (closing ??= closeOnce())
  const address = servers[0]?.address()
  const realPort = typeof address === 'object' ? (address?.port ?? port) : port
  return {
    url: `${options.certificate ? 'https' : 'http'}://${formatHostPort({ host: readReachableHost(host), port: realPort })}`,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function readReachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

function describeListenFailure(error: unknown, host: string, port: number): RollcallError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    const message = `${formatHostPort({ host, port })} is in use by another program; set HTTP_PORT to a free port`
    return new RollcallError('ADDRESS_IN_USE', message, { cause: error })
  }
  const reason = error instanceof Error ? error.message : String(error)
  const message = `cannot listen on ${formatHostPort({ host, port })} (${reason}); HTTP_HOST and HTTP_PORT say where`
  return new RollcallError('ADDRESS_UNREACHABLE', message, { cause: error })
}
