// What every SP socket is, whatever its pattern: a set of pipes that come and go, counters, and an end. A pattern says
// what a message on a pipe means; where pipes come from (listeners, dialers) is the endpoints' business.

import type { Clock } from '../clock.ts'
import type {
  Counters,
  Pipe,
  PipeAddress,
  ReceivingOptions,
  SendingOptions,
  SocketOptions,
  SpSocket,
} from '../engine.ts'
import type { EndpointTypeName, Role } from '../endpoint-type.ts'
import type { SpLimits } from '../limits.ts'
import type { Carrier, CarrierReceiver } from '../transport.ts'
import { rolesOf } from '../endpoint-type.ts'
import { defaultPriority } from '../priority.ts'
import type { RollcallError } from '../error.ts'
import { Inbox } from './inbox.ts'
import { Outbox, refuseSend } from './outbox.ts'

export interface PatternContext {
  readonly clock: Clock
  readonly random: () => number
  readonly limits: SpLimits
}

let lastPipeId = 0

/** What a socket is to its pipes. */
interface PipeOwner<P> {
  readonly context: PatternContext
  received(pipe: P, message: Buffer): void
  drained(pipe: P): void
  closed(pipe: P, reason: string): void
}

/** A pipe of one socket. Patterns extend it with what they need to remember of each peer. It takes what its carrier brings itself,
 * without closures: a daemon has thousands. */
export class CarrierPipe implements Pipe, CarrierReceiver {
  readonly id: number
  readonly carrier: Carrier
  isMany = false
  isAttached = true
  /** When the last message came in, in whole milliseconds, on a pipe that was dialled; undefined before the first. */
  lastHeardMs: number | undefined
  priority = defaultPriority
  /** Its observer is told of the messages that come so long after the one before. With thousands of pipes, whatever else is looked at for a
   * message has to be fetched from memory. */
  toldGapMs = 0
  #owner: PipeOwner<this> | undefined
  #observer: PipeObserver | undefined

  constructor(carrier: Carrier) {
    lastPipeId += 1
    this.id = lastPipeId
    this.carrier = carrier
  }

  get local(): PipeAddress | undefined {
    return this.carrier.local
  }

  get remote(): PipeAddress | undefined {
    return this.carrier.remote
  }

  get identity(): string | undefined {
    return this.carrier.identity
  }

  close(reason: string): void {
    this.carrier.destroy(reason)
  }

  /** Begins to take what the carrier brings, for this socket. */
  receive(owner: PipeOwner<this>, observer: PipeObserver | undefined): void {
    this.#owner = owner
    this.#observer = observer
    this.carrier.start(this)
  }

  message(message: Buffer): void {
    const owner = this.#owner
    if (!this.#observer) return owner?.received(this, message)
    // Whole milliseconds, which need no memory of their own.
    const nowMs = Math.floor(owner?.context.clock.nowMs() ?? 0)
    const gapMs = this.lastHeardMs === undefined ? 0 : nowMs - this.lastHeardMs
    this.lastHeardMs = nowMs
    owner?.received(this, message)
    if (gapMs >= this.toldGapMs) this.#observer.heard(this, gapMs)
  }

  drained(): void {
    this.#owner?.drained(this)
  }

  closed(reason: string): void {
    this.isAttached = false
    this.#owner?.closed(this, reason)
    this.#observer?.detached(this, reason)
  }
}

export interface AttachOptions {
  readonly priority: number
  /** What the peer says that it is. */
  readonly peerType: number
}

/** Told of what happens on one pipe, by whoever made the connection. */
export interface PipeObserver {
  /** A message, so long after the one before it on this pipe; 0 for the first. Not of every one: see `toldGapMs`. */
  heard(pipe: CarrierPipe, gapMs: number): void
  detached(pipe: CarrierPipe, reason: string): void
}

interface Closable {
  close(): Promise<void>
}

export abstract class PatternSocket<P extends CarrierPipe = CarrierPipe> implements SpSocket {
  abstract readonly type: EndpointTypeName
  readonly context: PatternContext
  readonly #options: SocketOptions
  readonly #pipes = new Set<P>()
  readonly #endpoints = new Set<Closable>()
  readonly #dropped = new Map<string, number>()
  readonly #rejected = new Map<string, number>()
  #attached = 0
  #detached = 0
  #closing: Promise<void> | undefined

  constructor(context: PatternContext, options: SocketOptions) {
    this.context = context
    this.#options = options
  }

  get pipes(): ReadonlySet<P> {
    return this.#pipes
  }

  /** What it can say that it is, the best first. */
  get roles(): readonly Role[] {
    return rolesOf(this.type)
  }

  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  /** Whether peers of this socket are expected to be silent for no longer than a few seconds once they have spoken. */
  readonly expectsQuestions: boolean = false

  counters(): Counters {
    return {
      attached: this.#attached,
      detached: this.#detached,
      dropped: Object.fromEntries(this.#dropped),
      rejected: Object.fromEntries(this.#rejected),
    }
  }

  /** Takes a connection that passed its handshake. The observer is the endpoint's, and so is the priority. */
  attach(carrier: Carrier, { priority, peerType }: AttachOptions, observer?: PipeObserver): P | undefined {
    if (this.isClosed) {
      carrier.destroy('closed')
      return undefined
    }
    const refusal = this.refusePipe()
    if (refusal !== undefined) {
      this.countRejected(refusal)
      carrier.destroy(refusal)
      return undefined
    }
    const pipe = this.createPipe(carrier, peerType)
    pipe.priority = priority
    this.#pipes.add(pipe)
    this.#attached += 1
    this.#options.onAttach?.(pipe)
    this.onAttached(pipe)
    pipe.receive(this, observer)
    return pipe
  }

  received(pipe: P, message: Buffer): void {
    this.onMessage(pipe, message)
  }

  drained(pipe: P): void {
    this.onDrained(pipe)
  }

  closed(pipe: P, reason: string): void {
    this.#pipes.delete(pipe)
    this.#detached += 1
    if (reason === 'oversized' || reason === 'bad-frame') this.countRejected(reason)
    this.onDetached(pipe, reason)
    this.#options.onDetach?.(pipe, reason)
  }

  /** A connection that was for this socket, or could have been, and came to nothing. */
  countRejected(reason: string): void {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + 1)
  }

  /** Closes the endpoint with the socket. */
  own(endpoint: Closable): void {
    this.#endpoints.add(endpoint)
  }

  disown(endpoint: Closable): void {
    this.#endpoints.delete(endpoint)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.onClosing()
    const endpoints = [...this.#endpoints].map((endpoint) => endpoint.close())
    const pipes = [...this.#pipes].map((pipe) => pipe.carrier.end('closed'))
    await Promise.all([...endpoints, ...pipes])
  }

  protected drop(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1)
  }

  /** Why a message cannot be sent at all. */
  protected refuseSend(body: Uint8Array): RollcallError | undefined {
    return refuseSend(body, this.isClosed, this.context.limits.maxMessageBytes)
  }

  protected createInbox(receiving: ReceivingOptions): Inbox {
    const { maxQueuedBytes } = this.context.limits
    return new Inbox({ ...receiving, maxBytes: maxQueuedBytes, drop: (reason) => this.drop(reason) })
  }

  protected createOutbox(options: SendingOptions, trySend: (body: Uint8Array) => boolean): Outbox {
    return new Outbox({
      overflow: options.overflow ?? 'wait',
      maxBytes: options.maxQueuedBytes ?? this.context.limits.maxQueuedBytes,
      clock: this.context.clock,
      trySend,
      drop: (reason) => this.drop(reason),
    })
  }

  /** Why no further pipe may be attached; counted with the rejected. */
  protected refusePipe(): string | undefined {
    return undefined
  }
  protected abstract createPipe(carrier: Carrier, peerType: number): P
  protected abstract onMessage(pipe: P, message: Buffer): void
  protected onAttached(_pipe: P): void {}
  protected onDetached(_pipe: P, _reason: string): void {}
  /** The queue towards this pipe is short again. */
  protected onDrained(_pipe: P): void {}
  /** End what is open; pipes and endpoints are closed afterwards. */
  protected onClosing(): void {}
}
