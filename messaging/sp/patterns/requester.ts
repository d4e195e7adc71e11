// REQ, as in sp-request-reply-01, with any number of requests in flight: each has its id, its deadline and the pipe that
// carries it. A request without a pipe waits for one; one whose pipe goes away is sent again unless the caller forbade it.

import type { Requester, RequestOptions, SocketOptions } from '../engine.ts'
import type { Carrier } from '../transport.ts'
import type { PatternContext } from './pattern-socket.ts'
import { RollcallError } from '../error.ts'
import { createIdSequence, formatId, readId } from '../header.ts'
import { CarrierPipe, PatternSocket } from './pattern-socket.ts'
import { PipeRing } from './pipe-ring.ts'

interface Call {
  readonly id: number
  readonly body: Uint8Array
  readonly options: RequestOptions
  readonly resolve: (reply: Buffer) => void
  readonly reject: (reason: unknown) => void
  carriedBy: RequesterPipe | undefined
  stopWaiting: () => void
}

class RequesterPipe extends CarrierPipe {
  readonly calls = new Set<Call>()
}

export class RequesterSocket extends PatternSocket<RequesterPipe> implements Requester {
  readonly type = 'REQ'
  readonly #ids
  readonly #calls = new Map<number, Call>()
  /** Calls that no pipe carries, oldest first. */
  readonly #unsent = new Set<Call>()
  readonly #ring: PipeRing<RequesterPipe>

  constructor(context: PatternContext, options: SocketOptions) {
    super(context, options)
    this.#ids = createIdSequence(context.random)
    this.#ring = new PipeRing(context.limits.maxQueuedBytes)
  }

  request(body: Uint8Array, options: RequestOptions): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(new RollcallError('CLOSED', 'the socket is closed'))
      if (options.signal?.aborted) return reject(asError(options.signal.reason))
      const call: Call = { id: this.#nextId(), body, options, resolve, reject, carriedBy: undefined, stopWaiting() {} }
      const stopTimer = this.context.clock.after(options.timeoutMs, () =>
        this.#fail(call, new RollcallError('TIMEOUT', `no reply within ${options.timeoutMs} ms`)),
      )
      const onAbort = () => this.#fail(call, options.signal?.reason)
      options.signal?.addEventListener('abort', onAbort)
      call.stopWaiting = () => {
        stopTimer()
        options.signal?.removeEventListener('abort', onAbort)
      }
      this.#calls.set(call.id, call)
      this.#send(call)
    })
  }

  #nextId(): number {
    let id = this.#ids.next()
    while (this.#calls.has(id)) id = this.#ids.next()
    return id
  }

  #send(call: Call): void {
    const pipe = this.#choosePipe(call)
    if (pipe === 'GONE') return this.#fail(call, new RollcallError('PEER_GONE', 'the pipe to send to is gone'))
    if (!pipe) {
      this.#unsent.add(call)
      return
    }
    this.#unsent.delete(call)
    call.carriedBy = pipe
    pipe.calls.add(call)
    pipe.carrier.send(formatId(call.id), call.body)
  }

  #choosePipe({ options }: Call): RequesterPipe | 'GONE' | undefined {
    if (!options.pipe) return this.#ring.next()
    if (!(options.pipe instanceof RequesterPipe) || !this.pipes.has(options.pipe)) return 'GONE'
    return this.#ring.hasRoom(options.pipe) ? options.pipe : undefined
  }

  #end(call: Call): void {
    call.stopWaiting()
    call.carriedBy?.calls.delete(call)
    this.#unsent.delete(call)
    this.#calls.delete(call.id)
  }

  #fail(call: Call, reason: unknown): void {
    this.#end(call)
    call.reject(reason)
  }

  #sendWaiting(): void {
    for (const call of this.#unsent) this.#send(call)
  }

  protected override createPipe(carrier: Carrier): RequesterPipe {
    return new RequesterPipe(carrier)
  }

  protected override onMessage(pipe: RequesterPipe, message: Buffer): void {
    const id = readId(message)
    if (id === undefined) return this.drop('malformed')
    const call = this.#calls.get(id)
    if (call?.carriedBy !== pipe) return this.drop(this.#ids.isOurs(id) ? 'late' : 'unknown-id')
    this.#end(call)
    call.resolve(message.subarray(4))
  }

  protected override onAttached(pipe: RequesterPipe): void {
    this.#ring.add(pipe)
    this.#sendWaiting()
  }

  protected override onDrained(): void {
    if (this.#unsent.size > 0) this.#sendWaiting()
  }

  protected override onDetached(pipe: RequesterPipe): void {
    this.#ring.remove(pipe)
    for (const call of this.#unsent) if (call.options.pipe === pipe) this.#failGone(call)
    for (const call of pipe.calls) {
      call.carriedBy = undefined
      if (this.isClosed || call.options.pipe || call.options.resend === false) this.#failGone(call)
      else this.#send(call)
    }
    pipe.calls.clear()
  }

  #failGone(call: Call): void {
    this.#fail(call, new RollcallError('PEER_GONE', 'the pipe that carried the request is gone'))
  }

  protected override onClosing(): void {
    for (const call of this.#calls.values()) this.#fail(call, new RollcallError('CLOSED', 'the socket was closed'))
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
