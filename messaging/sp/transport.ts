// What a transport gives to the layers above: carriers, each moving whole SP messages both ways after the handshake.
// A new transport implements this and nothing above it changes.

import type { DialCredentials, ListenCredentials, PipeAddress } from './engine.ts'

export interface CarrierReceiver {
  /** One whole message, header words and body: a view of a receive buffer. */
  message(message: Buffer): void
  /** Called once, last. */
  closed(reason: string): void
  /** The queue of send() has become short again after `queuedBytes` passed the limit. */
  drained(): void
}

export interface Carrier {
  readonly local: PipeAddress | undefined
  readonly remote: PipeAddress | undefined
  /** Who the peer proved to be; undefined where the transport proves nothing. */
  readonly identity: string | undefined
  /** Handed to send() and not yet taken by the transport. */
  readonly queuedBytes: number
  /** Begins delivery; nothing is delivered before. */
  start(receiver: CarrierReceiver): void
  /** Takes both parts as they are: neither may be changed afterwards. The same two objects once more are the same message, unless the
   * header is `noHeader`. Never blocks; the caller minds `queuedBytes`. */
  send(header: Uint8Array, body: Uint8Array): void
  /** No message() until resume(), not even of what was read already. */
  pause(): void
  resume(): void
  /** Breaks the connection off at once. */
  destroy(reason: string): void
  /** Lets what was sent go out, for a bounded time, then closes. */
  end(reason: string): Promise<void>
}

export interface AcceptOptions {
  readonly credentials?: ListenCredentials | undefined
  /** Our endpoint type for a peer that says it is of type `peerType`; undefined refuses it. */
  typeFor(peerType: number): number | undefined
  /** Gets each connection that passed, with the type of its peer. */
  accept(carrier: Carrier, peerType: number): void
  /** A connection that did not pass, with the reason. */
  refused(reason: string, remote: PipeAddress | undefined): void
}

export interface TransportListener {
  /** What follows `scheme://`, with the real port. */
  readonly rest: string
  /** Stops accepting and drops connections still in their handshake. Carriers that were accepted stay. */
  close(): void
}

export interface ConnectOptions {
  readonly type: number
  readonly peerType: number
  readonly credentials?: DialCredentials | undefined
  /** The name that was dialled, where it was resolved to the address in `rest`. */
  readonly host?: string | undefined
  readonly signal: AbortSignal
}

export interface Transport {
  readonly scheme: string
  /** Addresses hold names that may stand for several hosts: the dialer resolves them first. */
  readonly isNamed: boolean
  /** Proves who each side is: nobody listens or dials without credentials, and nowhere else are they taken. Default false. */
  readonly isSecured?: boolean
  /** Addresses go on after host and port, as those of ws. Default false. */
  readonly hasPath?: boolean
  /** Fails with ADDRESS_IN_USE, ADDRESS_UNREACHABLE or ADDRESS_INVALID. */
  listen(rest: string, options: AcceptOptions): Promise<TransportListener>
  /** One attempt. Fails with HandshakeRefused or whatever the connection failed with. */
  connect(rest: string, options: ConnectOptions): Promise<Carrier>
}

/** Why a connection did not become a pipe; `message` is the reason that is counted. */
export class HandshakeRefused extends Error {
  override readonly name = 'HandshakeRefused'
}
