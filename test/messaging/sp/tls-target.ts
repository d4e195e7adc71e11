// What tests of TLS talk to, and with: a listener that echoes and tells of whom it refuses, and peers of every kind.

import type { Server, Socket } from 'node:net'
import type { Test } from 'tap'
import type { DialCredentials, Dialer, ListenCredentials, Pipe } from '../../../messaging/sp/engine.ts'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'

export const key = randomBytes(32)
export const identity = 'blue/0123456789ab/member'
export const keys: ListenCredentials = { keyOf: (asked) => (asked === identity ? key : undefined) }

/** An echoing replier on a TLS port, which tells of each refusal as it comes. */
export async function openTarget(t: Test, credentials: ListenCredentials = keys, handshakeTimeoutMs = 60_000) {
  const refused: { reason: string; host: string | undefined }[] = []
  const attached: Pipe[] = []
  let wake = () => {}
  const engine = createSpEngine({ limits: { handshakeTimeoutMs } })
  t.teardown(() => engine.close())
  const replier = engine.createReplier((body) => body, {
    onAttach(pipe) {
      attached.push(pipe)
      wake()
    },
  })
  const { address } = await engine.listen('tls+tcp://127.0.0.1:0', replier, {
    credentials,
    onRefused(reason, remote) {
      refused.push({ reason, host: remote?.host })
      wake()
    },
  })
  return {
    address,
    port: Number(address.split(':').pop()),
    attached,
    refused,
    replier,
    until: async (isSo: () => boolean): Promise<void> => {
      while (!isSo()) await new Promise<void>((resolve) => (wake = resolve))
    },
  }
}

export interface Peer {
  readonly pipe: Promise<Pipe>
  /** Why the first attempt came to nothing. */
  readonly failure: Promise<string>
  readonly dialer: Dialer
  request(body: string | Buffer): Promise<Buffer>
}

export function dial(t: Test, address: string, credentials: DialCredentials): Peer {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const requester = engine.createRequester()
  let tell: { pipe: (pipe: Pipe) => void; failure: (reason: string) => void } | undefined
  const pipe = new Promise<Pipe>((resolve) => (tell = { failure() {}, pipe: resolve }))
  const failure = new Promise<string>((resolve) => tell && (tell = { ...tell, failure: resolve }))
  const dialer = engine.dial(address, requester, {
    credentials: () => credentials,
    onPipe: (made) => tell?.pipe(made),
    onFailure: (reason) => tell?.failure(reason),
  })
  return { pipe, failure, dialer, request: (body) => requester.request(Buffer.from(body), { timeoutMs: 60_000 }) }
}

export function portOf(server: Server): number {
  const bound = server.address()
  return typeof bound === 'object' && bound ? bound.port : 0
}

/** Whatever it died of. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()))
}

export function open(t: Test, port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  return socket
}
