// What this node does for others: requests, questions and broadcasts are given to its handlers, within the time that the caller still has
// and the bounds that the node keeps. A refusal is told before anything was started; a failure with its message and without its stack.

import type { Clock } from '../sp/clock.ts'
import type { Cast, FaultCause, Request } from './frame.ts'
import type { DeadlineWheel } from './deadline-wheel.ts'
import type { PeerPipe, ServedCall } from './peer-pipe.ts'
import type { Rights } from './rights.ts'
import type { Traffic } from './traffic.ts'
import type { Tunnel } from './tunnel/tunnel.ts'
import type { TunnelDecision } from './tunnel/tunnel-host.ts'
import type { Work } from './work-gate.ts'
import { RollcallError } from '../sp/error.ts'
import { Deadline } from './deadline-wheel.ts'
import { formatFault, formatReplyHead, readCast, readRequest } from './frame.ts'
import { WorkGate } from './work-gate.ts'

/** Who calls. Only `identity` is proven. */
export interface Caller {
  /** Of the cluster that it says it is of; empty for a program that only calls. */
  readonly cluster: string
  readonly id: string
  readonly identity: string | undefined
}

export interface RequestContext {
  /** Aborted when the caller has gone, has cancelled, or waits no longer. */
  readonly signal: AbortSignal
  /** What is left of the caller's time now, in milliseconds. */
  readonly deadlineMs: number
  readonly from: Caller
  /** Put to all members at once. */
  readonly isSurvey: boolean
}

export interface Handlers {
  /** Gives the reply. The body is a view of a receive buffer: copy what is kept. What it throws goes to the caller as REMOTE_FAULT, with
   * its message and, where it has one, its `code`. */
  readonly request?: (body: Buffer, context: RequestContext) => Uint8Array | Promise<Uint8Array>
  readonly broadcast?: (body: Buffer, from: Caller) => void | Promise<void>
  /** Takes a tunnel, which is open when this has returned; one that throws refuses it, with its message. */
  readonly tunnel?: (tunnel: Tunnel, from: Caller) => void | Promise<void>
}

export interface ServingLimits {
  /** Handlers under way at once, of requests and of broadcasts each. */
  readonly maxHandlers: number
  /** Bytes that wait for a handler, of requests and of broadcasts each; beyond it a request is refused with BUSY. */
  readonly maxQueuedBytes: number
}

export interface ServingOptions {
  readonly cluster: string
  readonly handlers: Handlers
  readonly limits: ServingLimits
  readonly clock: Clock
  readonly wheel: DeadlineWheel
  readonly rights: Rights
  readonly load: () => number
  readonly traffic: Traffic
  readonly maxMessageBytes: number
  /** What a handler threw. */
  readonly onError: (error: unknown) => void
  readonly settled: (pipe: PeerPipe) => void
}

const replyHeadBytes = 6

export class Serving {
  readonly options: ServingOptions
  readonly #requests: WorkGate
  readonly #broadcasts: WorkGate

  constructor(options: ServingOptions) {
    this.options = options
    const { maxHandlers, maxQueuedBytes } = options.limits
    this.#requests = new WorkGate(maxHandlers, maxQueuedBytes)
    this.#broadcasts = new WorkGate(maxHandlers, maxQueuedBytes)
  }

  /** Handlers of requests under way. */
  get running(): number {
    return this.#requests.running
  }

  request(pipe: PeerPipe, message: Buffer): void {
    const request = readRequest(message)
    const { cluster, handlers, rights, traffic } = this.options
    if (!request) return pipe.malformed()
    traffic.received += 1
    pipe.traffic.received += 1
    if (!rights.mayCall(pipe.pipe.identity, request.cluster)) return this.#refuse(pipe, request, 'not-allowed')
    if (request.cluster !== cluster || !handlers.request) return this.#refuse(pipe, request, 'not-here')
    // A caller that does not take its replies gets no more of them.
    if (pipe.isLong || pipe.served.has(request.id)) return this.#refuse(pipe, request, 'busy')
    const work = new ServedRequest(this, handlers.request, pipe, request)
    if (!this.#requests.take(work)) {
      work.drop()
      this.#refuse(pipe, request, 'busy')
    }
  }

  broadcast(pipe: PeerPipe, message: Buffer): void {
    const cast = readCast(message)
    const { cluster, handlers, rights, traffic } = this.options
    if (!cast) return pipe.malformed()
    traffic.received += 1
    pipe.traffic.received += 1
    if (!rights.mayCall(pipe.pipe.identity, cast.name)) return drop(pipe, traffic, 'not-allowed')
    const { broadcast } = handlers
    if (cast.name !== cluster || !broadcast) return drop(pipe, traffic, 'not-here')
    const work = { bytes: message.length, start: () => this.#deliver(broadcast, cast, callerOf(pipe)) }
    if (!this.#broadcasts.take(work)) drop(pipe, traffic, 'queue-full')
  }

  /** A peer opens a tunnel. */
  async tunnel(pipe: PeerPipe, name: string, tunnel: Tunnel): Promise<TunnelDecision> {
    const { cluster, handlers, rights, traffic, onError } = this.options
    traffic.received += 1
    pipe.traffic.received += 1
    if (!rights.mayCall(pipe.pipe.identity, name)) return { code: 'not-allowed', text: '' }
    if (name !== cluster || !handlers.tunnel) return { code: 'not-here', text: '' }
    try {
      await handlers.tunnel(tunnel, callerOf(pipe))
      return undefined
    } catch (error) {
      drop(pipe, traffic, 'handler-failed')
      onError(error)
      return { code: 'handler', text: describe(error).message }
    }
  }

  #deliver(handler: NonNullable<Handlers['broadcast']>, { body }: Cast, from: Caller): Promise<void> | undefined {
    const failed = (error: unknown) => {
      this.options.traffic.drop('handler-failed')
      this.options.onError(error)
    }
    try {
      return handler(body, from)?.catch(failed)
    } catch (error) {
      failed(error)
      return undefined
    }
  }

  #refuse(pipe: PeerPipe, { id }: Request, cause: FaultCause): void {
    drop(pipe, this.options.traffic, cause)
    pipe.send(formatFault({ load: this.options.load(), id, cause, code: '', text: '' }))
  }
}

/** One request of a peer, from its arrival to its reply. */
class ServedRequest extends Deadline implements ServedCall, Work, RequestContext {
  readonly bytes: number
  readonly isSurvey: boolean
  readonly #serving: Serving
  readonly #handler: NonNullable<Handlers['request']>
  readonly #pipe: PeerPipe
  readonly #id: number
  readonly #body: Buffer
  #aborter: AbortController | undefined
  #isOver = false

  constructor(serving: Serving, handler: NonNullable<Handlers['request']>, pipe: PeerPipe, request: Request) {
    super()
    this.bytes = request.body.length
    this.isSurvey = request.isSurvey
    this.#serving = serving
    this.#handler = handler
    this.#pipe = pipe
    this.#id = request.id
    this.#body = request.body
    this.deadlineAtMs = serving.options.clock.nowMs() + request.remainingMs
    pipe.served.set(request.id, this)
  }

  get from(): Caller {
    return callerOf(this.#pipe)
  }

  get deadlineMs(): number {
    return Math.max(0, this.deadlineAtMs - this.#serving.options.clock.nowMs())
  }

  /** Made when a handler asks for it: most never do. */
  get signal(): AbortSignal {
    if (!this.#aborter) {
      this.#aborter = new AbortController()
      if (this.#isOver) this.#aborter.abort(new RollcallError('CLOSED', 'nobody waits for the reply any more'))
      else this.#serving.options.wheel.add(this, this.deadlineAtMs)
    }
    return this.#aborter.signal
  }

  start(): Promise<void> | undefined {
    // Cancelled while it waited.
    if (this.#isOver) return undefined
    const { traffic, clock } = this.#serving.options
    if (clock.nowMs() >= this.deadlineAtMs) {
      // Its caller has gone on already: nobody is told.
      drop(this.#pipe, traffic, 'expired')
      this.drop()
      return undefined
    }
    let reply: Uint8Array | Promise<Uint8Array>
    try {
      reply = this.#handler(this.#body, this)
    } catch (error) {
      this.#failed(error)
      return undefined
    }
    if (reply instanceof Uint8Array) {
      this.#reply(reply)
      return undefined
    }
    return reply.then(
      (body) => this.#reply(body),
      (error: unknown) => this.#failed(error),
    )
  }

  cancelled(): void {
    this.#abort(new RollcallError('PEER_GONE', 'the caller has cancelled, or has gone'))
  }

  override expired(): void {
    this.#abort(new RollcallError('TIMEOUT', 'the caller waits no longer'))
  }

  /** Out of the pipe's list; true the first time. */
  drop(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    const { wheel, settled } = this.#serving.options
    wheel.remove(this)
    this.#pipe.served.delete(this.#id)
    settled(this.#pipe)
    return true
  }

  #abort(reason: RollcallError): void {
    if (this.drop()) this.#aborter?.abort(reason)
  }

  #reply(body: Uint8Array): void {
    const { load, maxMessageBytes } = this.#serving.options
    if (!(body instanceof Uint8Array)) return this.#failed(new TypeError('the handler gave no bytes'))
    if (body.length + replyHeadBytes > maxMessageBytes)
      return this.#failed(new RollcallError('TOO_LARGE', `a reply of ${body.length} bytes is over the limit`))
    if (this.#isOver) return
    this.#pipe.send(formatReplyHead(load(), this.#id), body)
    this.drop()
  }

  #failed(error: unknown): void {
    const { load, traffic, onError } = this.#serving.options
    drop(this.#pipe, traffic, 'handler-failed')
    onError(error)
    if (this.#isOver) return
    const { message: text, code } = describe(error)
    this.#pipe.send(formatFault({ load: load(), id: this.#id, cause: 'handler', code, text }))
    this.drop()
  }
}

function drop(pipe: PeerPipe, traffic: Traffic, reason: string): void {
  traffic.drop(reason)
  pipe.traffic.drop(reason)
}

function callerOf({ hello, pipe }: PeerPipe): Caller {
  return { cluster: hello?.cluster ?? '', id: hello?.id ?? '', identity: pipe.identity }
}

function describe(error: unknown): { readonly message: string; readonly code: string } {
  if (!(error instanceof Error)) return { message: String(error), code: '' }
  return { message: error.message, code: 'code' in error && typeof error.code === 'string' ? error.code : '' }
}
