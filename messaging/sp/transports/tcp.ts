// tcp://host:port as in sp-tcp-mapping-01. Nagle is off, since writes are coalesced above; keepalive is on, since a lost
// network closes nothing.

import type { Transport } from '../transport.ts'
import type { StreamOptions } from './stream-carrier.ts'
import type { StreamTransportKind } from './stream-transport.ts'
import { formatHostPort, readHostPort } from '../address.ts'
import { createStreamTransport } from './stream-transport.ts'

const keepAliveAfterMs = 10_000

/** Addresses and set-up of TCP sockets, whatever runs on them. */
export const tcpKind: StreamTransportKind = Object.freeze({
  scheme: 'tcp',
  isNamed: true,
  listenOptions(rest) {
    const { host, port } = readHostPort(rest)
    return host === '' ? { port } : { host, port }
  },
  connectOptions(rest) {
    const { host, port } = readHostPort(rest)
    return { host: host === '' ? 'localhost' : host, port, noDelay: true }
  },
  prepare(socket) {
    socket.setKeepAlive(true, keepAliveAfterMs)
  },
  boundRest(rest, port) {
    const { host } = readHostPort(rest)
    return formatHostPort({ host: host === '' ? '*' : host, port })
  },
} satisfies StreamTransportKind)

export function createTcpTransport(options: Omit<StreamOptions, 'prefix'>): Transport {
  return createStreamTransport(tcpKind, { ...options, prefix: 'none' })
}
