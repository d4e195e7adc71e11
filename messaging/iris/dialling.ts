// Pipes that are being opened: one attempt for each address and identity, whoever waits for it, until the peer has greeted or it is
// plain that it will not. A pipe is dialled once; whoever needs it again afterwards dials again.

import type { Clock } from '../sp/clock.ts'
import type { Dialer, Engine, Link, Pipe } from '../sp/engine.ts'
import type { PeerPipe } from './peer-pipe.ts'
import type { Rights } from './rights.ts'
import { RollcallError } from '../sp/error.ts'

/** Who wants a pipe; one of these is called, once. */
export interface PipeWaiter {
  ready(pipe: PeerPipe): void
  /** Nothing was sent. */
  unreachable(reason: string): void
}

export interface DiallingOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly rights: Rights
  readonly link: Link
  /** For connection and greeting together. */
  readonly connectTimeoutMs: number
  /** The pipe as its node keeps it. */
  readonly find: (pipe: Pipe) => PeerPipe | undefined
  /** Somebody at this address has greeted on the pipe; gives back the pipe to use, which may be a better one. */
  readonly opened: (address: string, name: string, pipe: PeerPipe) => PeerPipe
}

interface Attempt {
  readonly key: string
  readonly address: string
  readonly name: string
  readonly identity: string | undefined
  readonly waiters: PipeWaiter[]
  pipe: PeerPipe | undefined
  dialer: Dialer | undefined
  stopTimer: () => void
}

export class Dialling {
  readonly #options: DiallingOptions
  readonly #attempts = new Map<string, Attempt>()

  constructor(options: DiallingOptions) {
    this.#options = options
  }

  /** The waiter may be called before this returns. */
  dial(address: string, name: string, waiter: PipeWaiter): void {
    const identity = this.#options.rights.identityFor(name)
    const key = `${address} ${identity ?? ''}`
    const known = this.#attempts.get(key)
    if (known) return void known.waiters.push(waiter)
    const waiters = [waiter]
    this.#start({ key, address, name, identity, waiters, pipe: undefined, dialer: undefined, stopTimer: () => {} })
  }

  /** The peer has said who it is; false where nobody here dialled the pipe. */
  greeted(pipe: PeerPipe): boolean {
    const attempt = this.#attemptOf(pipe)
    if (attempt) this.#succeed(attempt, pipe)
    return attempt !== undefined
  }

  detached(pipe: PeerPipe, reason: string): void {
    const attempt = this.#attemptOf(pipe)
    if (attempt) this.#fail(attempt, reason)
  }

  stop(reason: string): void {
    for (const attempt of this.#attempts.values()) this.#fail(attempt, reason)
  }

  #attemptOf(pipe: PeerPipe): Attempt | undefined {
    for (const attempt of this.#attempts.values()) if (attempt.pipe === pipe) return attempt
    return undefined
  }

  #start(attempt: Attempt): void {
    const { engine, clock, rights, link, connectTimeoutMs } = this.#options
    this.#attempts.set(attempt.key, attempt)
    attempt.stopTimer = clock.after(connectTimeoutMs, () => this.#fail(attempt, 'no-connection-in-time'))
    const credentials = rights.credentialsFor(attempt.name)
    try {
      const dialer = engine.dial(attempt.address, link, {
        onPipe: (pipe) => this.#connected(attempt, dialer, pipe),
        onFailure: (reason) => {
          if (!attempt.pipe) this.#fail(attempt, reason)
        },
        ...(credentials && { credentials }),
      })
      attempt.dialer = dialer
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error
      // What stands on the roll was written elsewhere.
      this.#fail(attempt, error.code)
    }
  }

  #connected(attempt: Attempt, dialer: Dialer, pipe: Pipe): void {
    const peerPipe = this.#options.find(pipe)
    // A name that stands for several addresses has a pipe to each: one is enough.
    if (!peerPipe || attempt.pipe) return pipe.close('second-pipe')
    attempt.pipe = peerPipe
    peerPipe.origin = { dialer, identity: attempt.identity }
    if (peerPipe.hello) this.#succeed(attempt, peerPipe)
  }

  #succeed(attempt: Attempt, pipe: PeerPipe): void {
    if (!this.#take(attempt)) return
    const chosen = this.#options.opened(attempt.address, attempt.name, pipe)
    for (const waiter of attempt.waiters)
      if (chosen.isGone) waiter.unreachable('gone')
      else waiter.ready(chosen)
  }

  #fail(attempt: Attempt, reason: string): void {
    if (!this.#take(attempt)) return
    void attempt.dialer?.close()
    for (const waiter of attempt.waiters) waiter.unreachable(reason)
  }

  /** False where it has ended already. */
  #take(attempt: Attempt): boolean {
    if (this.#attempts.get(attempt.key) !== attempt) return false
    this.#attempts.delete(attempt.key)
    attempt.stopTimer()
    return true
  }
}
