// Keeps one pipe to one address: dials, dials again when it is gone, and, for a respondent that has been asked before and
// hears nothing any more, dials afresh beside the old pipe, since a lost network leaves connections hanging.

import type { DialOptions } from '../engine.ts'
import type { CarrierPipe, PatternContext, PatternSocket } from '../patterns/pattern-socket.ts'
import type { Role } from '../endpoint-type.ts'
import type { Carrier, Transport } from '../transport.ts'
import type { Silence } from './silence.ts'
import { defaultPriority } from '../priority.ts'
import { HandshakeRefused } from '../transport.ts'
import { backoffMs, isProven } from './backoff.ts'
import { createSilence, usualGapMs } from './silence.ts'

export interface AddressDialerOptions {
  readonly transport: Transport
  readonly rest: string
  /** The name that `rest` was resolved from. */
  readonly host?: string
  readonly socket: PatternSocket
  readonly context: PatternContext
  readonly dial: DialOptions
  /** Asked before each attempt but the first; false ends the dialer: the address is not wanted any more. */
  readonly isWanted: () => Promise<boolean>
}

export class AddressDialer {
  readonly #options: AddressDialerOptions
  readonly #closing = new AbortController()
  readonly #pipes = new Set<CarrierPipe>()
  readonly #silence: Silence
  /** Since when there has been no connection that held. */
  #awaySinceMs: number
  #isDialling = false
  /** When the last question came before it was dialled afresh; undefined again with the first that is more than the greeting of a new pipe. */
  #silentSinceMs: number | undefined
  #stopRetry: (() => void) | undefined
  #stopWatch: (() => void) | undefined

  constructor(options: AddressDialerOptions) {
    this.#options = options
    this.#silence = createSilence(options.context.random)
    this.#awaySinceMs = options.context.clock.nowMs()
  }

  start(): void {
    void this.#dial()
  }

  /** Connected, and heard from within the limit of silence. */
  isLively(nowMs: number): boolean {
    for (const pipe of this.#pipes)
      if (pipe.lastHeardMs !== undefined && nowMs - pipe.lastHeardMs < this.#silence.limitMs) return true
    return false
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#stopRetry?.()
    this.#stopWatch?.()
    await Promise.all([...this.#pipes].map((pipe) => pipe.carrier.end('closed')))
  }

  async #dial(): Promise<void> {
    const { socket, dial } = this.#options
    this.#isDialling = true
    try {
      const { carrier, role } = await this.#connect()
      this.#isDialling = false
      if (this.#closing.signal.aborted) carrier.destroy('closed')
      else this.#attach(carrier, role)
    } catch (error) {
      this.#isDialling = false
      if (this.#closing.signal.aborted) return
      const reason = error instanceof HandshakeRefused ? error.message : 'unreachable'
      socket.countRejected(reason)
      this.#retry()
      dial.onFailure?.(reason)
    }
  }

  /** In the best role that the peer takes. One that is foreign refuses ours, and is asked again in that of the protocol. */
  async #connect(): Promise<{ readonly carrier: Carrier; readonly role: Role }> {
    const { transport, rest, host, socket, dial } = this.#options
    const { signal } = this.#closing
    const connectAs = async (role: Role) => {
      const carrier = await transport.connect(rest, { ...role, credentials: dial.credentials?.(), host, signal })
      return { carrier, role }
    }
    const [best, ...others] = socket.roles
    let attempt = best ? connectAs(best) : Promise.reject(new HandshakeRefused('wrong-role'))
    for (const other of others)
      attempt = attempt.catch((error: unknown) => {
        if (error instanceof HandshakeRefused && !signal.aborted) return connectAs(other)
        throw error
      })
    return attempt
  }

  #attach(carrier: Carrier, { peerType }: Role): void {
    const { clock } = this.#options.context
    const attachedAtMs = clock.nowMs()
    const { dial, socket } = this.#options
    const pipe = socket.attach(
      carrier,
      { priority: dial.priority ?? defaultPriority, peerType },
      {
        heard: (heardPipe, gapMs) => {
          // Whoever has just connected is asked at once: that says nothing of how often the surveyor asks.
          if (gapMs > 0) this.#asked(heardPipe, gapMs)
          if (this.#pipes.size > 1) this.#settle(heardPipe)
          this.#watchPipes()
          // The limit may be another one by now.
          if (socket.expectsQuestions) this.#watch()
        },
        detached: (gone) => {
          this.#pipes.delete(gone)
          if (this.#pipes.size === 0) this.#silentSinceMs = undefined
          this.#watchPipes()
          if (this.#closing.signal.aborted) return
          const nowMs = clock.nowMs()
          if (isProven(nowMs - attachedAtMs)) this.#awaySinceMs = nowMs
          if (this.#pipes.size === 0 && !this.#isDialling) this.#retry()
        },
      },
    )
    if (!pipe) {
      // Refused here: what the socket has may go away, so it is tried again.
      if (!socket.isClosed) this.#retry()
      return
    }
    this.#pipes.add(pipe)
    this.#watchPipes()
    if (socket.expectsQuestions) this.#watch()
    dial.onPipe?.(pipe)
  }

  /** A pipe that was dialled in vain, since its surveyor is alive and asks more rarely, goes on where the one before it left off. */
  #asked({ lastHeardMs = 0 }: CarrierPipe, gapMs: number): void {
    this.#silence.heard(this.#silentSinceMs === undefined ? gapMs : lastHeardMs - this.#silentSinceMs)
    this.#silentSinceMs = undefined
  }

  /** Every message matters while one pipe of two has to go, and while the gaps are not the usual ones, or may not be. */
  #watchPipes(): void {
    const isUsual = this.#pipes.size < 2 && this.#silence.isUsual && this.#silentSinceMs === undefined
    const toldGapMs = isUsual ? usualGapMs : 0
    for (const pipe of this.#pipes) pipe.toldGapMs = toldGapMs
  }

  #retry(): void {
    const { clock, random } = this.#options.context
    this.#stopRetry?.()
    const awayMs = clock.nowMs() - this.#awaySinceMs
    this.#stopRetry = clock.after(backoffMs(awayMs, random), () => void this.#dialIfWanted())
  }

  async #dialIfWanted(): Promise<void> {
    const isWanted = await this.#options.isWanted()
    if (isWanted && !this.#closing.signal.aborted && !this.#isDialling) await this.#dial()
  }

  /** One timer, set for when the pipe would have been silent for too long. */
  #watch(silentMs = 0): void {
    this.#stopWatch?.()
    const inMs = Math.max(1, this.#silence.limitMs - silentMs)
    this.#stopWatch = this.#options.context.clock.after(inMs, () => this.#checkSilence())
  }

  #checkSilence(): void {
    const lastHeardMs = Math.max(...[...this.#pipes].map((pipe) => pipe.lastHeardMs ?? -Infinity))
    const silentMs = this.#options.context.clock.nowMs() - lastHeardMs
    if (silentMs < this.#silence.limitMs) return this.#watch(silentMs)
    if (Number.isFinite(silentMs) && !this.#isDialling && this.#pipes.size === 1) {
      this.#silentSinceMs ??= lastHeardMs
      void this.#dial()
    }
    this.#watch()
  }

  /** Two pipes, and one was asked: the surveyor reaches us there. The silent one goes, whichever is older. */
  #settle(heardPipe: CarrierPipe): void {
    const nowMs = this.#options.context.clock.nowMs()
    for (const pipe of this.#pipes) {
      if (pipe === heardPipe) continue
      const isSilent = pipe.lastHeardMs === undefined || nowMs - pipe.lastHeardMs >= this.#silence.limitMs
      if (isSilent || pipe.id > heardPipe.id) pipe.close('silent')
    }
  }
}
