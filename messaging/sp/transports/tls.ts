// tls+tcp://host:port: SP/TCP inside TLS 1.3. How the two sides prove who they are is tls-sockets.ts; the rest is TCP's.

import type { Transport } from '../transport.ts'
import type { StreamOptions } from './stream-carrier.ts'
import { createStreamTransport } from './stream-transport.ts'
import { tcpKind } from './tcp.ts'
import { createTlsSockets } from './tls-sockets.ts'

export function createTlsTransport(options: Omit<StreamOptions, 'prefix'>): Transport {
  const sockets = createTlsSockets(options.limits.handshakeTimeoutMs)
  return createStreamTransport({ ...tcpKind, scheme: 'tls+tcp', sockets }, { ...options, prefix: 'none' })
}
