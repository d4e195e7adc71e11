// Sockets in TLS 1.3 that prove who both sides are: by an external PSK with ephemeral X25519, or by certificates on both
// sides. No session is ever resumed: a saved ticket would outlive its key. DESIGN.md section 7.

import type { NetConnectOpts, Socket } from 'node:net'
import type { ConnectionOptions, SecureContextOptions, TLSSocket, TlsOptions } from 'node:tls'
import type { DialCredentials, ListenCredentials, PipeAddress } from '../engine.ts'
import type { AcceptOptions, ConnectOptions } from '../transport.ts'
import type { OpeningSocket, ReadySocket, SocketMaker } from './stream-transport.ts'
import { constants } from 'node:crypto'
import { isIP } from 'node:net'
import { connect, createServer } from 'node:tls'
import { RollcallError } from '../error.ts'
import { HandshakeRefused } from '../transport.ts'
import { addressOf } from './stream-carrier.ts'
import { dialFailure, listenFailure } from './tls-failure.ts'

/** Only what was tried: an external PSK goes with the hash of its cipher, and X25519 makes the secrecy forward. */
const keyProtocol = Object.freeze({
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256',
  ecdhCurve: 'X25519',
  secureOptions: constants.SSL_OP_NO_TICKET,
}) satisfies SecureContextOptions

/** NNG's TLS goes no further than 1.2 (mbed TLS 2.28): taken with the ciphers that are as good. */
const certificateProtocol = Object.freeze({
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
  ecdhCurve: 'X25519:P-256',
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
}) satisfies SecureContextOptions

/** Where keys prove who is who, no certificate of anybody does: not one authority is trusted. */
const noAuthorities: string[] = []

export function createTlsSockets(handshakeTimeoutMs: number): SocketMaker {
  return {
    isSecured: true,
    createServer(accept, signal, ready) {
      if (!accept.credentials) throw new RollcallError('NOT_SUPPORTED', 'tls+tcp needs credentials to listen with')
      return createTlsServer(accept.credentials, handshakeTimeoutMs, accept, signal, ready)
    },
    connect(to, options) {
      if (!options.credentials) throw new HandshakeRefused('no-credentials')
      return connectTls(to, options.credentials, options)
    },
  }
}

function createTlsServer(
  credentials: ListenCredentials,
  handshakeTimeout: number,
  accept: AcceptOptions,
  signal: AbortSignal,
  ready: ReadySocket,
) {
  /** What each connection said of itself; nothing else may be believed of it. */
  const identities = new WeakMap<TLSSocket, string>()
  const unknown = new WeakSet<TLSSocket>()
  const handshaking = new Set<Socket>()

  function takeIdentity(socket: TLSSocket, identity: string): Buffer | null {
    const key = 'keyOf' in credentials ? credentials.keyOf(identity) : undefined
    if (!key) unknown.add(socket)
    else identities.set(socket, identity)
    return key ? Buffer.from(key) : null
  }
  const proof: TlsOptions =
    'keyOf' in credentials
      ? { ...keyProtocol, ca: noAuthorities, pskCallback: takeIdentity }
      : // Refused below: Node would close without saying to whom.
        { ...certificateProtocol, ...readCertificates(credentials), requestCert: true, rejectUnauthorized: false }
  const server = createServer({ ...proof, noDelay: true, handshakeTimeout })

  server.on('connection', (socket) => {
    handshaking.add(socket)
    socket.once('close', () => handshaking.delete(socket))
  })
  server.on('secureConnection', (socket) => {
    const identity = 'keyOf' in credentials ? identities.get(socket) : subjectOf(socket)
    // A session that was resumed has asked nobody for its key.
    const isResumed = !('keyOf' in credentials) && socket.isSessionReused()
    if (identity === undefined || isResumed) {
      accept.refused(isResumed ? 'resumed' : unprovenReason(socket), remoteOf(socket))
      socket.on('error', ignore)
      socket.destroy()
      return
    }
    ready(socket, identity)
  })
  server.on('tlsClientError', (error, socket) => {
    const isWithoutKey = 'keyOf' in credentials && !identities.has(socket)
    const reason = unknown.has(socket) ? 'unknown-identity' : listenFailure(error, isWithoutKey)
    const remote = remoteOf(socket)
    socket.on('error', ignore)
    // Node leaves one that took too long open.
    socket.destroy()
    if (!signal.aborted) accept.refused(reason, remote)
  })
  signal.addEventListener('abort', () => {
    for (const socket of handshaking) socket.destroy()
  })
  return server
}

function connectTls(to: NetConnectOpts, credentials: DialCredentials, options: ConnectOptions): OpeningSocket {
  const socket = connect({ ...to, ...proofOf(to, credentials, options) })
  return {
    socket,
    readyEvent: 'secureConnect',
    identity() {
      if (!('identity' in credentials)) return subjectOf(socket)
      // A listener without the key could show a certificate instead; to OpenSSL an external PSK is a session reused.
      if (!socket.isSessionReused()) throw new HandshakeRefused('no-key')
      return credentials.identity
    },
    reasonOf: dialFailure,
  }
}

function proofOf(to: NetConnectOpts, credentials: DialCredentials, options: ConnectOptions): ConnectionOptions {
  if ('identity' in credentials) {
    const { identity, key } = credentials
    return {
      ...keyProtocol,
      ca: noAuthorities,
      pskCallback: () => ({ identity, psk: key }),
      checkServerIdentity: () => new HandshakeRefused('no-key'),
    }
  }
  const dialled = options.host ?? ('host' in to ? to.host : undefined)
  const servername = credentials.serverName ?? (dialled !== undefined && isIP(dialled) === 0 ? dialled : undefined)
  return {
    ...certificateProtocol,
    ...readCertificates(credentials),
    rejectUnauthorized: true,
    ...(servername !== undefined && { servername }),
  }
}

function readCertificates({ cert, key, ca }: Extract<DialCredentials, { readonly cert: string }>) {
  return { cert, key, ca }
}

/** The common name of a certificate that was verified; where it has none, nothing was proven. */
function subjectOf(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined
  const name: unknown = socket.getPeerCertificate().subject?.CN
  return typeof name === 'string' && name !== '' ? name : undefined
}

function unprovenReason(socket: TLSSocket): string {
  if (socket.authorized) return 'no-identity'
  return socket.getPeerX509Certificate() ? 'bad-certificate' : 'no-certificate'
}

function remoteOf(socket: Socket): PipeAddress | undefined {
  return addressOf(socket.remoteAddress, socket.remotePort)
}

/** A socket that was given up still says how it died. */
function ignore(): void {}
