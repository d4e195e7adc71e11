// One pipe to one other node: what is under way on it, and whether anything new may begin. Calls go both ways, whoever dialled. Who the
// pipe leads to, and when it ends, is the business of peers.ts.

import type { Dialer, Link, Pipe } from '../sp/engine.ts'
import type { Fault, GoodbyeReason, Hello } from './frame.ts'
import type { TunnelHost } from './tunnel/tunnel-host.ts'
import type { TunnelPort } from './tunnel-port.ts'
import { formatGoodbye, readCancel, readFault, readReply } from './frame.ts'
import { Traffic } from './traffic.ts'

/** A call that waits for its answer. One of these is called, once. */
export interface OpenCall {
  replied(load: number, body: Buffer): void
  faulted(fault: Fault): void
  /** The pipe is gone. */
  lost(reason: string): void
}

/** A request of the peer that is under way here. */
export interface ServedCall {
  cancelled(): void
}

/** Who keeps the pipe. */
export interface PipeOwner {
  createTunnels(pipe: PeerPipe): TunnelHost
  /** Closes it, and counts why. */
  reject(pipe: PeerPipe, reason: string): void
}

/** How a pipe was dialled. */
export interface Origin {
  readonly dialer: Dialer
  /** As whom. */
  readonly identity: string | undefined
}

/** Sent and not taken above this, in bytes: a sender that can wait does. As the engine's own bound. */
const longQueueBytes = 1_048_576
/** Nothing new is sent above this: the peer does not read. */
const maxQueueBytes = 16_777_216

const nothing = Buffer.alloc(0)

export class PeerPipe implements TunnelPort {
  readonly pipe: Pipe
  readonly traffic = new Traffic()
  /** Undefined until the peer has said who it is. */
  hello: Hello | undefined
  /** Undefined where the peer dialled. */
  origin: Origin | undefined
  /** By the ids of the caller: ours, and the peer's. */
  readonly calls = new Map<number, OpenCall>()
  readonly served = new Map<number, ServedCall>()
  /** Nothing new begins on a pipe on which either side has said goodbye; what is under way goes on. */
  hasSaidGoodbye = false
  heardGoodbye: GoodbyeReason | undefined
  isGone = false
  /** Looks of whoever closes idle pipes since the last message, either way. */
  quietSweeps = 0
  readonly #link: Link
  readonly #owner: PipeOwner
  #tunnels: TunnelHost | undefined
  #waiting: (() => void)[] = []

  constructor(link: Link, pipe: Pipe, owner: PipeOwner) {
    this.#link = link
    this.pipe = pipe
    this.#owner = owner
  }

  get isOpen(): boolean {
    return this.hello !== undefined && !this.hasSaidGoodbye && this.heardGoodbye === undefined && !this.isGone
  }

  /** Nothing is under way. */
  get isQuiet(): boolean {
    return this.calls.size === 0 && this.served.size === 0 && this.openTunnels === 0
  }

  /** Made at the first need, when it is known who dialled. */
  get tunnels(): TunnelHost {
    this.#tunnels ??= this.#owner.createTunnels(this)
    return this.#tunnels
  }

  get openTunnels(): number {
    return this.#tunnels?.openTunnels ?? 0
  }

  /** Ends the tunnels in order, as far as there are any. */
  async closeTunnels(): Promise<void> {
    await this.#tunnels?.close()
  }

  get queuedBytes(): number {
    return this.#link.queuedBytes(this.pipe)
  }

  get isLong(): boolean {
    return this.queuedBytes > longQueueBytes
  }

  get isFull(): boolean {
    return this.queuedBytes > maxQueueBytes
  }

  send(header: Uint8Array, body: Uint8Array = nothing): void {
    this.quietSweeps = 0
    this.#link.send(this.pipe, header, body)
  }

  sayGoodbye(reason: GoodbyeReason): void {
    if (this.hasSaidGoodbye || this.isGone) return
    this.hasSaidGoodbye = true
    this.#link.send(this.pipe, formatGoodbye(reason), nothing)
  }

  /** The peer's answer to a call of ours. */
  replied(message: Buffer): void {
    const reply = readReply(message)
    if (!reply) return this.malformed()
    this.#take(reply.id)?.replied(reply.load, reply.body)
  }

  /** Why the peer does not answer a call of ours. */
  faulted(message: Buffer): void {
    const fault = readFault(message)
    if (!fault) return this.malformed()
    this.#take(fault.id)?.faulted(fault)
  }

  /** The peer wants no answer any more. */
  cancelled(message: Buffer): void {
    const id = readCancel(message)
    if (id === undefined) return this.malformed()
    this.served.get(id)?.cancelled()
  }

  #take(id: number): OpenCall | undefined {
    const call = this.calls.get(id)
    // Its caller went away before: timed out, or cancelled.
    if (!call) this.traffic.drop('late')
    this.calls.delete(id)
    return call
  }

  /** What cannot be read is not guessed at. */
  malformed(): void {
    this.#owner.reject(this, 'malformed')
  }

  onDrained(run: () => void): void {
    this.#waiting.push(run)
  }

  drained(): void {
    if (this.isLong) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const run of waiting) run()
    this.#tunnels?.drained()
  }

  /** The pipe is gone: what waits on it ends. */
  gone(reason: string): void {
    this.isGone = true
    const calls = [...this.calls.values()]
    const served = [...this.served.values()]
    const waiting = this.#waiting
    this.calls.clear()
    this.served.clear()
    this.#waiting = []
    for (const call of calls) call.lost(reason)
    for (const call of served) call.cancelled()
    for (const run of waiting) run()
    this.#tunnels?.gone(reason)
  }
}
