// Dials every address that a name stands for. The name is resolved again every 5 s, and before a new attempt unless that was just done: new
// addresses are dialled; vanished ones are left alone while they are heard from, and closed once silent. Whoever has vanished may
// only be starting again: for a minute it is looked for as often as it would be dialled.

import type { Dialer, DialOptions } from '../engine.ts'
import type { PatternContext, PatternSocket } from '../patterns/pattern-socket.ts'
import type { Transport } from '../transport.ts'
import { formatHostPort, readHostPort, splitPath } from '../address.ts'
import { AddressDialer } from './address-dialer.ts'
import { backoffMs } from './backoff.ts'

/** Resolves a host name to its addresses; rejects or gives none when it cannot. */
export type Lookup = (host: string) => Promise<readonly string[]>

export interface NameDialerOptions {
  readonly address: string
  readonly transport: Transport
  readonly rest: string
  readonly socket: PatternSocket
  readonly context: PatternContext
  readonly lookup: Lookup
  readonly dial: DialOptions
}

const resolveEveryMs = 5_000
/** What was resolved so recently is not asked for again: a fleet that dials often does not load its resolver. */
const freshMs = 500
/** Longer than any container takes to start again. */
const searchMs = 60_000

export class NameDialer implements Dialer {
  readonly address: string
  readonly #options: NameDialerOptions
  readonly #host: string
  readonly #port: number
  readonly #path: string
  readonly #byAddress = new Map<string, AddressDialer>()
  #known: ReadonlySet<string> = new Set()
  #resolving: Promise<void> | undefined
  #stopTimer: (() => void) | undefined
  #resolvedAtMs = -Infinity
  /** Since when an address is missing that was dialled. */
  #searchSinceMs: number | undefined
  #isClosed = false

  constructor(options: NameDialerOptions) {
    this.#options = options
    this.address = options.address
    const { place, path } = options.transport.hasPath ? splitPath(options.rest) : { place: options.rest, path: '' }
    const { host, port } = readHostPort(place)
    this.#host = host === '' ? 'localhost' : host
    this.#port = port
    this.#path = path
  }

  start(): void {
    void this.#keepResolving()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopTimer?.()
    this.#options.socket.disown(this)
    await Promise.all([...this.#byAddress.values()].map((dialer) => dialer.close()))
  }

  async #keepResolving(): Promise<void> {
    await this.#resolve()
    if (!this.#isClosed) this.#resolveLater()
  }

  #resolveLater(): void {
    this.#stopTimer?.()
    this.#stopTimer = this.#options.context.clock.after(this.#untilNextMs(), () => void this.#keepResolving())
  }

  #untilNextMs(): number {
    const { clock, random } = this.#options.context
    // A name that is not there yet is asked for as often as an address is dialled.
    if (this.#byAddress.size === 0) return freshMs
    const awayMs = clock.nowMs() - (this.#searchSinceMs ?? -Infinity)
    return awayMs >= searchMs ? resolveEveryMs : backoffMs(awayMs, random)
  }

  #resolve(): Promise<void> {
    this.#resolving ??= this.#resolveOnce().finally(() => {
      this.#resolving = undefined
    })
    return this.#resolving
  }

  async #resolveOnce(): Promise<void> {
    this.#resolvedAtMs = this.#options.context.clock.nowMs()
    let found: readonly string[]
    try {
      found = await this.#options.lookup(this.#host)
    } catch {
      // A resolver that is away tells nothing about the addresses known so far.
      this.#options.socket.countRejected('unresolved')
      return
    }
    if (this.#isClosed || found.length === 0) return
    this.#known = new Set(found)
    for (const ip of found) {
      if (this.#byAddress.has(ip)) continue
      this.#searchSinceMs = undefined
      this.#dial(ip)
    }
    const nowMs = this.#options.context.clock.nowMs()
    for (const [ip, dialer] of this.#byAddress)
      if (!this.#known.has(ip) && !dialer.isLively(nowMs)) this.#lose(ip, dialer, nowMs)
  }

  #lose(ip: string, dialer: AddressDialer, nowMs: number): void {
    this.#byAddress.delete(ip)
    void dialer.close()
    this.#searchSinceMs = nowMs
    this.#resolveLater()
  }

  #dial(ip: string): void {
    const { transport, socket, context, dial } = this.#options
    const dialer: AddressDialer = new AddressDialer({
      transport,
      rest: formatHostPort({ host: ip, port: this.#port }) + this.#path,
      host: this.#host,
      socket,
      context,
      dial,
      isWanted: async () => {
        if (context.clock.nowMs() - this.#resolvedAtMs >= freshMs) await this.#resolve()
        return this.#byAddress.get(ip) === dialer
      },
    })
    this.#byAddress.set(ip, dialer)
    dialer.start()
  }
}
