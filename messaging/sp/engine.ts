// What an SP engine is: the interfaces that the rest of Rollcall is written against. Two implementations exist, the
// TypeScript one (engines/sp.ts) and npm nanomsg (engines/nanomsg.ts); one contract suite holds both.
// An engine makes sockets; a socket keeps its pipes; addresses are scheme://… strings throughout.

import type { EndpointTypeName } from './endpoint-type.ts'

/** One connection to one peer socket, after the handshake. Identity is the object; `id` is unique in the process. */
export interface Pipe {
  readonly id: number
  /** Where the pipe ends on this machine and at the other side; undefined where the transport has no addresses. */
  readonly local: PipeAddress | undefined
  readonly remote: PipeAddress | undefined
  /** True once the pipe gave two answers to one question: a device, or several peers, stand behind it. */
  readonly isMany: boolean
  /** Who the peer is, where the transport proved it (`cluster/key-id/purpose`, or the subject of its certificate). Rights
   * come from this alone. */
  readonly identity: string | undefined
  /** 1 (first) to 16: which pipes are written to before which. */
  readonly priority: number
  /** Closes the pipe at once; its socket sees a detach with this reason. A dialer dials again. */
  close(reason: string): void
}

export interface PipeAddress {
  /** An IP address without brackets, IPv4-mapped IPv6 already unmapped. */
  readonly host: string
  readonly port: number
}

/** Counted since the socket was made; only reasons that occurred are present. */
export interface Counters {
  readonly attached: number
  readonly detached: number
  /** Messages that were received or to be sent, and were dropped, by reason (`late`, `unknown-id`, `malformed`, …). */
  readonly dropped: Readonly<Record<string, number>>
  /** Connections refused or broken off before or after the handshake, by reason (`wrong-role`, `oversized`, …). */
  readonly rejected: Readonly<Record<string, number>>
}

export interface SpSocket {
  readonly type: EndpointTypeName
  /** The pipes attached now. Empty for ever on an engine without pipe events. */
  readonly pipes: ReadonlySet<Pipe>
  counters(): Counters
  /** Closes all pipes of the socket and ends its open calls with `CLOSED`. Idempotent. Listeners and dialers made
   * with the socket are closed with it. */
  close(): Promise<void>
}

export interface SocketOptions {
  /** Called when a pipe has passed its handshake, before any message on it. */
  readonly onAttach?: (pipe: Pipe) => void
  /** Called once for every attached pipe when it is gone. */
  readonly onDetach?: (pipe: Pipe, reason: string) => void
}

export interface SurveyOptions {
  /** How long each pipe may take, from its own question, in milliseconds. */
  readonly deadlineMs: number
  /** Ends the round at once; what was heard until then stays. */
  readonly signal?: AbortSignal
  /** Asks this one pipe alone instead of all. A pipe that has gone makes a round of nobody. */
  readonly pipe?: Pipe
  /** Called for each answer as it is read, in order with attach and detach events. Nothing is kept for iterating
   * then, which ends at once. */
  readonly onAnswer?: (answer: SurveyAnswer) => void
}

export interface SurveyAnswer {
  /** Undefined on an engine that cannot tell pipes apart. */
  readonly pipe: Pipe | undefined
  /** The answer without header words. A view of a receive buffer: copy what is kept. */
  readonly body: Buffer
  /** Question written to answer read, in milliseconds. */
  readonly roundTripMs: number
}

export interface RoundOutcome {
  /** Pipes that the question was for: written to, or skipped because they leave earlier ones unanswered. Undefined
   * on an engine that cannot count them. */
  readonly asked: number | undefined
  /** Answers that counted. */
  readonly answered: number
  /** Pipes still attached that were asked, or skipped, and gave no answer in time. */
  readonly missing: readonly Pipe[]
  /** Of those missing, the ones not written to this time: 3 questions open already. */
  readonly skipped: readonly Pipe[]
  /** Answers to any earlier question of this socket that came in too late, while this round was open. */
  readonly late: number
  readonly durationMs: number
  readonly endedBy: 'complete' | 'deadline' | 'aborted' | 'closed'
}

/** One survey under way. Breaking out of the iteration does not end the round; abort its signal for that. */
export interface Round extends AsyncIterable<SurveyAnswer> {
  /** Never rejects: a round that is cut short says so in `endedBy`. */
  readonly outcome: Promise<RoundOutcome>
}

export interface Surveyor extends SpSocket {
  /** Puts the question to every pipe attached now. Any number of surveys may be open. */
  survey(question: Uint8Array, options: SurveyOptions): Round
}

export interface SurveyorOptions extends SocketOptions {
  /** An answer that came after its round's end: the peer lives, whatever the round said. */
  readonly onLate?: (pipe: Pipe | undefined) => void
}

/** What a handler knows of the question that it answers. */
export interface QuestionContext {
  /** Undefined on an engine that cannot tell pipes apart. */
  readonly pipe: Pipe | undefined
  /** Aborted when the pipe goes away: the answer could no longer be delivered. */
  readonly signal: AbortSignal
}

/** Gives the answer, or undefined to stay silent. A handler that throws is silent, and counted as `handler-failed`. */
export type Handler = (
  body: Buffer,
  context: QuestionContext,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>

export interface HandlerOptions extends SocketOptions {
  /** What a handler threw. Default: counted only. */
  readonly onError?: (error: unknown) => void
}

export type Respondent = SpSocket
export type Replier = SpSocket

export interface RequestOptions {
  /** Total time for the call, waiting for a pipe included, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Sends to this one pipe and to no other. */
  readonly pipe?: Pipe
  /** Whether the request may be sent again when the pipe that carried it goes away. Default true, as in SP. */
  readonly resend?: boolean
}

export interface Requester extends SpSocket {
  /** Any number may be in flight. Fails with `TIMEOUT`, `CLOSED`, `PEER_GONE` (not resent, or sent to one pipe
   * alone), or the signal's reason. */
  request(body: Uint8Array, options: RequestOptions): Promise<Buffer>
}

/** What becomes of a message that there is no room for. `wait`: send() resolves when there is. */
export type Overflow = 'wait' | 'drop-oldest' | 'drop-newest'

export interface SendOptions {
  /** How long to wait for room, in milliseconds. Default: for ever. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface Sender {
  /** Takes the body, which may not be changed afterwards, and resolves when there is room for more (that is: when it stands
   * in the queue of a pipe, not when it has arrived). Fails with `TIMEOUT`, `CLOSED`, `TOO_LARGE`, `QUEUE_FULL` (more is waiting than the
   * socket's bound: its sends are not awaited), or the signal's reason. */
  send(body: Uint8Array, options?: SendOptions): Promise<void>
}

export interface SendingOptions extends SocketOptions {
  /** Default `wait`. */
  readonly overflow?: Overflow
  /** Bytes that may wait where no pipe has room. Default: the engine's `maxQueuedBytes`. */
  readonly maxQueuedBytes?: number
}

export interface Message {
  /** A view of a receive buffer: copy what is kept. */
  readonly body: Buffer
  /** Undefined on an engine that cannot tell pipes apart. */
  readonly pipe: Pipe | undefined
}

/** Messages in the order in which they came, each to one of the loops that read. What waits is bounded in bytes: a peer
 * that brings more is not read from meanwhile. Ends when the socket is closed. */
export type Receiver = AsyncIterable<Message>

export interface ReceivingOptions extends SocketOptions {
  /** Called for each message as it is read; nothing is kept for iterating then. While the promise that it gives back is
   * open, the pipe that brought the message is not read from. */
  readonly onMessage?: (body: Buffer, pipe: Pipe | undefined) => void | Promise<void>
  /** What onMessage threw. Default: counted only, as `handler-failed`. */
  readonly onError?: (error: unknown) => void
}

/** PUSH: each message goes to one of the peers, in turn among those of the first priority that has room. */
export interface Pusher extends SpSocket, Sender {}
/** PULL: messages of all peers. */
export interface Puller extends SpSocket, Receiver {}
/** PUB: each message goes to every subscriber whose prefixes match. */
export interface Publisher extends SpSocket, Sender {}
export interface PublisherOptions extends SendingOptions {
  /** With `wait`: a subscriber that has no room for so long is cut off with the reason `slow`, in milliseconds. Default 2,000. */
  readonly slowAfterMs?: number
}
/** SUB: messages that begin with a prefix subscribed to. */
export interface Subscriber extends SpSocket, Receiver {
  /** Counted: as many unsubscribes as subscribes end it. The empty prefix is everything. */
  subscribe(prefix: Uint8Array | string): void
  unsubscribe(prefix: Uint8Array | string): void
}
/** PAIR: one peer, both ways. A second peer is refused and counted as `second-peer`. */
export interface PairOptions extends SendingOptions, ReceivingOptions {
  /** 1: NNG's, with a count of hops. Default 0, nanomsg's. */
  readonly version?: 0 | 1
}
export interface Pair extends SpSocket, Sender, Receiver {}
/** BUS: each message goes to every peer that is connected here, and to nobody beyond. */
export interface Bus extends SpSocket, Sender, Receiver {}

/** What a device forwards. `LOOPBACK`: one BUS that sends on to all others what it hears from one. */
export type DevicePattern = 'REQREP' | 'SURVEY' | 'PIPELINE' | 'PUBSUB' | 'PAIR' | 'PAIR1' | 'BUS' | 'LOOPBACK'

export interface DeviceOptions {
  readonly front?: SocketOptions
  /** Not for `LOOPBACK`, where it is the front. */
  readonly back?: SocketOptions
}

/** Two sockets, each of which is listened at or dialled like any other; what one hears, the other says. */
export interface Device {
  /** Where those are who ask or send: REQ, SURVEYOR, PUSH, PUB. */
  readonly front: SpSocket
  /** Where those are who answer or hear: REP, RESPONDENT, PULL, SUB. The same as `front` for `LOOPBACK`. */
  readonly back: SpSocket
  /** Closes both. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** LINK, ours: whole messages both ways on each pipe by itself. For what is built on top, which minds its own queues. */
export interface Link extends SpSocket {
  /** Never blocks; mind `queuedBytes`. Nothing happens for a pipe that is gone. Neither part may be changed afterwards. */
  send(pipe: Pipe, header: Uint8Array, body: Uint8Array): void
  /** Handed to send() for this pipe and not yet taken by the transport. */
  queuedBytes(pipe: Pipe): number
  /** No messages from this pipe until resume(). */
  pause(pipe: Pipe): void
  resume(pipe: Pipe): void
}

export interface LinkOptions extends SocketOptions {
  readonly onMessage: (pipe: Pipe, message: Buffer) => void
  /** The queue towards this pipe is short again after it was over the engine's `maxQueuedBytes`. */
  readonly onDrained?: (pipe: Pipe) => void
}

/** How one side of `tls+tcp` proves who it is. DESIGN.md section 7. */
export type DialCredentials = PresharedKey | Certificates
export type ListenCredentials =
  | {
      /** The key of an identity now, or undefined to refuse it. */ readonly keyOf: (
        identity: string,
      ) => Uint8Array | undefined
    }
  | Certificates

export interface PresharedKey {
  /** In clear on the wire. */
  readonly identity: string
  readonly key: Uint8Array
}

/** PEM texts; each side shows its own certificate and checks that of the other. */
export interface Certificates {
  readonly cert: string
  readonly key: string
  readonly ca: string
  /** The name that a listener's certificate must be for. Default: the host dialled. */
  readonly serverName?: string
}

export interface ListenOptions {
  /** Of the pipes that come in here, 1 (first) to 16. Default 8, as nanomsg's. */
  readonly priority?: number
  /** For `tls+tcp`, asked anew for each connection. */
  readonly credentials?: ListenCredentials
  /** A connection that did not become a pipe, with the reason that is counted as well. */
  readonly onRefused?: (reason: string, remote: PipeAddress | undefined) => void
}

export interface DialOptions {
  /** Of the pipes that this dialer makes, 1 (first) to 16. Default 8, as nanomsg's. */
  readonly priority?: number
  /** For `tls+tcp`, asked for anew at each attempt. */
  readonly credentials?: () => DialCredentials
  /** A pipe of this dialer is attached. */
  readonly onPipe?: (pipe: Pipe) => void
  /** An attempt came to nothing; another one follows. */
  readonly onFailure?: (reason: string) => void
}

export interface Listener {
  /** Where it listens, with the real port where 0 was asked for. */
  readonly address: string
  /** Stops taking connections; pipes that are attached stay. */
  close(): Promise<void>
}

export interface Dialer {
  readonly address: string
  /** Stops dialling, and closes the pipes that it made. */
  close(): Promise<void>
}

export interface EngineFeatures {
  /** Attach, detach, pipes in answers, one pipe asked alone, early end. */
  readonly pipeEvents: boolean
  /** Several sockets on one listening address. */
  readonly sharedPort: boolean
  /** The LINK type of ours, on which clusters talk. */
  readonly link: boolean
  /** URL schemes that can be listened on and dialled. */
  readonly transports: readonly string[]
}

export interface Engine {
  readonly name: 'sp' | 'nanomsg'
  readonly features: EngineFeatures
  createSurveyor(options?: SurveyorOptions): Surveyor
  createRespondent(handler: Handler, options?: HandlerOptions): Respondent
  createRequester(options?: SocketOptions): Requester
  createReplier(handler: Handler, options?: HandlerOptions): Replier
  createPusher(options?: SendingOptions): Pusher
  createPuller(options?: ReceivingOptions): Puller
  /** libnanomsg drops what a subscriber, or a neighbour on a bus, has no room for: other choices fail with `NOT_SUPPORTED` on the nanomsg engine. */
  createPublisher(options?: PublisherOptions): Publisher
  createSubscriber(options?: ReceivingOptions): Subscriber
  /** Version 1 fails with `NOT_SUPPORTED` on the nanomsg engine. */
  createPair(options?: PairOptions): Pair
  createBus(options?: SendingOptions & ReceivingOptions): Bus
  /** Fails with `NOT_SUPPORTED` on the nanomsg engine. */
  createDevice(pattern: DevicePattern, options?: DeviceOptions): Device
  /** Fails with `NOT_SUPPORTED` on an engine without `link`. */
  createLink(options: LinkOptions): Link
  /** Listens at `tcp://host:port` (`*` for all addresses, port 0 for any), `ipc:///path` or `inproc://name`, for every
   * socket given: a connection goes to the socket that its peer's type talks to. Fails with `ADDRESS_IN_USE`,
   * `ADDRESS_INVALID`, or `NOT_SUPPORTED` (more than one socket without `sharedPort`). */
  listen(address: string, sockets: SpSocket | readonly SpSocket[], options?: ListenOptions): Promise<Listener>
  /** Connects, now and again for ever until closed. Does not wait for the first connection, and never fails for an
   * unreachable peer; fails at once with `ADDRESS_INVALID`. */
  dial(address: string, socket: SpSocket, options?: DialOptions): Dialer
  /** Closes every socket, listener and dialer that this engine made. */
  close(): Promise<void>
}
