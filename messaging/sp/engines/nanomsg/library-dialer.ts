// Dials every address that a name stands for, on libnanomsg, which reconnects each by itself. The name is resolved again every
// 5 s; vanished addresses are let go. Where the library can tell silence from absence it says nothing of either.

import type { Clock } from '../../clock.ts'
import type { Dialer } from '../../engine.ts'
import type { LibrarySocket } from './library-socket.ts'
import type { NanomsgLibrary } from './library.ts'
import { isIP } from 'node:net'
import { formatHostPort, readAddress, readHostPort } from '../../address.ts'
import { systemLookup } from '../../endpoints/system-lookup.ts'
import { RollcallError } from '../../error.ts'

const resolveEveryMs = 5_000
/** A name that is not there yet. */
const retryMs = 500

export class LibraryDialer implements Dialer {
  readonly address: string
  readonly #socket: LibrarySocket
  readonly #library: NanomsgLibrary
  readonly #clock: Clock
  readonly #priority: number | undefined
  /** libnanomsg's number of each endpoint, by its address. */
  readonly #endpoints = new Map<string, number>()
  #stopTimer: (() => void) | undefined
  #isClosed = false

  constructor(
    address: string,
    socket: LibrarySocket,
    library: NanomsgLibrary,
    clock: Clock,
    priority: number | undefined,
  ) {
    this.address = address
    this.#priority = priority
    this.#socket = socket
    this.#library = library
    this.#clock = clock
  }

  /** Fails at once for an address that makes no sense. */
  start(): void {
    const { scheme, rest } = readAddress(this.address)
    if (scheme !== 'tcp') return this.#connect(this.address)
    const { host, port } = readHostPort(rest)
    if (isIP(host)) return this.#connect(`tcp://${formatHostPort({ host, port })}`)
    void this.#keepResolving(host === '' ? 'localhost' : host, port)
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    this.#isClosed = true
    this.#stopTimer?.()
    for (const endpoint of this.#endpoints.values()) this.#library.Shutdown(this.#socket.handle, endpoint)
    this.#endpoints.clear()
    this.#socket.disown(this)
    return Promise.resolve()
  }

  async #keepResolving(host: string, port: number): Promise<void> {
    const found = await systemLookup(host).catch((): readonly string[] => [])
    if (this.#isClosed) return
    const addresses = new Set(found.map((ip) => `tcp://${formatHostPort({ host: ip, port })}`))
    for (const address of addresses) if (!this.#endpoints.has(address)) this.#connect(address)
    // A resolver that is away tells nothing about the addresses known so far.
    for (const [address, endpoint] of addresses.size > 0 ? this.#endpoints : [])
      if (!addresses.has(address)) {
        this.#library.Shutdown(this.#socket.handle, endpoint)
        this.#endpoints.delete(address)
      }
    const inMs = this.#endpoints.size > 0 ? resolveEveryMs : retryMs
    this.#stopTimer = this.#clock.after(inMs, () => void this.#keepResolving(host, port))
  }

  #connect(address: string): void {
    this.#socket.prepareEndpoint(address, this.#priority)
    const endpoint = this.#library.Connect(this.#socket.handle, address)
    if (endpoint < 0) throw new RollcallError('ADDRESS_INVALID', `cannot dial ${address}: ${this.#library.Err()}`)
    this.#endpoints.set(address, endpoint)
  }
}
