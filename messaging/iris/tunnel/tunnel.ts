// One tunnel between a member and its caller: messages in order, both ways, each direction with its own credit and its own end. Promises that
// what breaks it never looks like an end. Whose turn it is on the pipe is the host's business.

import type { Duplex } from 'node:stream'
import type { Clock } from '../../sp/clock.ts'
import type { TunnelReason } from './tunnel-frame.ts'
import type { TunnelLimits } from './tunnel-limits.ts'
import type { TunnelChunk } from './tunnel-receiver.ts'
import type { OutgoingChunk } from './tunnel-sender.ts'
import { RollcallError } from '../../sp/error.ts'
import { createTunnelDuplex } from './tunnel-duplex.ts'
import { formatCredit, formatMark, formatReason } from './tunnel-frame.ts'
import { TunnelReceiver } from './tunnel-receiver.ts'
import { TunnelSender } from './tunnel-sender.ts'

export interface TunnelSendOptions {
  /** Further parts of the same message follow with the next send(). */
  readonly more?: boolean
  /** Gives up waiting. Where a part of the message had gone already the tunnel is reset. */
  readonly signal?: AbortSignal
}

export interface TunnelWaitOptions {
  /** In milliseconds. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** What a tunnel needs of its host. */
export interface TunnelContext {
  readonly id: number
  readonly clock: Clock
  readonly limits: TunnelLimits
  control(frame: Buffer): void
  /** There may be something to send. */
  ready(tunnel: Tunnel): void
  over(tunnel: Tunnel): void
}

export class Tunnel implements AsyncIterable<Buffer> {
  readonly #context: TunnelContext
  readonly #receiver: TunnelReceiver
  readonly #sender: TunnelSender
  #isEndSent = false
  #isTakenByPeer = false
  #isOver = false
  #failure: Error | undefined
  #closing: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  readonly #waiting = new Set<() => void>()

  constructor(context: TunnelContext) {
    this.#context = context
    this.#sender = new TunnelSender(context.limits.maxQueuedBytes)
    this.#receiver = new TunnelReceiver(context.limits.windowBytes, {
      giveBack: (credit) => this.#control(formatCredit('credit', context.id, credit)),
      taken: () => {
        this.#control(formatMark('taken', context.id))
        this.#finishIfDone()
      },
    })
  }

  get id(): number {
    return this.#context.id
  }

  /** Takes the body, which may not be changed afterwards, and resolves when it has gone to the pipe: when there was credit and room. Fails with
   * `TOO_LARGE`, `QUEUE_FULL`, `CLOSED` (after end), the signal's reason, or the reason why the tunnel broke. */
  async send(body: Uint8Array, options: TunnelSendOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    if (this.#failure) throw this.#failure
    if (this.#sender.isEnding) throw new RollcallError('CLOSED', 'this side of the tunnel has ended')
    const { maxMessageBytes } = this.#context.limits
    if (body.length > maxMessageBytes)
      throw new RollcallError('TOO_LARGE', `a message of a tunnel is over ${maxMessageBytes} bytes: send it in parts`)
    const sent = this.#sender.push(body, options.more === true, options.signal, (reason) => this.destroy(reason))
    this.#context.ready(this)
    await sent
  }

  /** The next whole message; undefined after the peer's end. Fails with `TOO_LARGE` (the tunnel is reset), the signal's reason, or the reason why the tunnel
   * broke. What had arrived whole before it broke is read first. */
  read(options: { readonly signal?: AbortSignal } = {}): Promise<Buffer | undefined> {
    return this.#inTurn(async () => {
      try {
        return await this.#receiver.readMessage(this.#context.limits.maxMessageBytes, options.signal)
      } catch (error) {
        if (error instanceof RollcallError && error.code === 'TOO_LARGE') this.destroy(error)
        throw error
      }
    })
  }

  /** The next chunk of any message, of at most 64 KiB: for messages that are not to be held in memory. */
  readChunk(options: { readonly signal?: AbortSignal } = {}): Promise<TunnelChunk | undefined> {
    return this.#inTurn(() => this.#receiver.readChunk(options.signal))
  }

  /** Messages until the peer's end; several loops share them. Leaving a loop leaves the tunnel open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    for (let message = await this.read(); message; message = await this.read()) yield message
  }

  /** The bytes of the same tunnel as a Node stream. Its `finish` says that the peer has taken all. Use one of both ways of reading. */
  duplex(): Duplex {
    return createTunnelDuplex(this)
  }

  /** Half-close: nothing more is sent, after what waits. Reading goes on. Idempotent. */
  end(): void {
    if (this.#sender.isEnding || this.#failure) return
    if (this.#sender.isMidMessage) {
      this.destroy(new RollcallError('CLOSED', 'the tunnel was ended in the middle of a message'))
      return
    }
    this.#sender.end()
    this.#context.ready(this)
  }

  /** Resolves when the peer's application has taken all, the end included. Fails with `TIMEOUT`, the signal's reason, or the reason why the tunnel broke. */
  async taken({ timeoutMs, signal }: TunnelWaitOptions = {}): Promise<void> {
    const { clock } = this.#context
    let isLate = false
    const wake = () => this.#wake()
    const cancel =
      timeoutMs === undefined
        ? undefined
        : clock.after(timeoutMs, () => {
            isLate = true
            wake()
          })
    signal?.addEventListener('abort', wake)
    try {
      for (;;) {
        if (this.#isTakenByPeer) return
        if (this.#failure) throw this.#failure
        signal?.throwIfAborted()
        if (isLate) throw new RollcallError('TIMEOUT', 'the peer did not take all that was sent on the tunnel in time')
        await new Promise<void>((resolve) => this.#waiting.add(resolve))
      }
    } finally {
      cancel?.()
      signal?.removeEventListener('abort', wake)
    }
  }

  /** Ends this side, drops what still comes, and resolves when the peer has taken all; otherwise fails with the reason why not. Either way
   * the tunnel is over then: a peer that goes on sending is told. Idempotent. */
  close(options: TunnelWaitOptions = {}): Promise<void> {
    this.#closing ??= this.#close({ timeoutMs: this.#context.limits.closeTimeoutMs, ...options })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Breaks the tunnel off at once, at both sides, with the reason. Idempotent. */
  destroy(reason: unknown = new RollcallError('CLOSED', 'the tunnel was destroyed')): void {
    if (this.#isOver) return
    const error = reason instanceof Error ? reason : new RollcallError('CLOSED', String(reason), { cause: reason })
    const code = error instanceof RollcallError ? error.code : 'ABORTED'
    this.#control(formatReason('reset', this.id, { code, text: error.message }))
    this.fail(error)
  }

  async #close(options: TunnelWaitOptions): Promise<void> {
    this.end()
    this.#receiver.discard()
    try {
      await this.taken(options)
    } catch (error) {
      this.destroy(error)
      throw error
    }
    this.destroy(new RollcallError('CLOSED', 'the other side has closed the tunnel'))
  }

  // What follows is the host's.

  /** Why it broke, if it did. */
  get failure(): Error | undefined {
    return this.#failure
  }

  get isReady(): boolean {
    return this.#sender.isReady
  }

  accepted(credit: number): void {
    this.#sender.accepted(credit)
    this.#context.ready(this)
  }

  nextChunk(): OutgoingChunk | undefined {
    return this.#sender.next()
  }

  /** Sends the end once nothing stands before it. */
  endIfEmpty(): void {
    if (!this.#sender.isEnding || this.#isEndSent || this.#isOver || !this.#sender.isEmpty) return
    this.#isEndSent = true
    this.#control(formatMark('end', this.id))
  }

  data(bytes: Buffer, isLast: boolean): void {
    this.#check(this.#receiver.push(bytes, isLast))
  }

  credit(credit: number): void {
    this.#check(this.#sender.giveBack(credit))
    this.#context.ready(this)
  }

  peerEnded(): void {
    this.#check(this.#receiver.end())
  }

  takenByPeer(): void {
    if (!this.#isEndSent || this.#isTakenByPeer) {
      this.#check('a second or early taken')
      return
    }
    this.#isTakenByPeer = true
    this.#wake()
    this.#finishIfDone()
  }

  peerReset({ code, text }: TunnelReason): void {
    this.fail(
      new RollcallError('TUNNEL_RESET', `the other side reset the tunnel: ${code}: ${text}`, { cause: { code, text } }),
    )
  }

  /** Over without a word to the peer. */
  fail(failure: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    this.#sender.fail(failure)
    this.#receiver.fail(failure)
    this.#context.over(this)
    this.#wake()
  }

  violated(what: string): void {
    this.#check(what)
  }

  #check(violation: string | undefined): void {
    if (violation === undefined || this.#isOver) return
    this.#control(formatReason('reset', this.id, { code: 'VIOLATION', text: violation }))
    this.fail(new RollcallError('TUNNEL_RESET', `the peer broke the rules of tunnels: ${violation}`))
  }

  #control(frame: Buffer): void {
    if (!this.#isOver) this.#context.control(frame)
  }

  #finishIfDone(): void {
    if (this.#isOver || !this.#isTakenByPeer || !this.#receiver.isTaken) return
    this.#isOver = true
    this.#context.over(this)
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of waiting) resolve()
  }

  /** Reads one after the other, or two would tear a message apart. */
  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(read, read)
    this.#turn = result
    return result
  }
}
