// One libnanomsg socket: opened, polled while its owner wants to hear, closed. It tells nothing of its pipes, so there are
// none to show, and nothing of what it drops, so little is counted.

import type { Clock } from '../../clock.ts'
import type { Counters, Pipe, ReceivingOptions, SendingOptions, SpSocket } from '../../engine.ts'
import type { InboxSource } from '../../patterns/inbox.ts'
import type { NanomsgLibrary } from './library.ts'
import { RollcallError } from '../../error.ts'
import { defaultLimits } from '../../limits.ts'
import { Inbox } from '../../patterns/inbox.ts'
import { refuseSend } from '../../patterns/outbox.ts'
import { defaultPriority } from '../../priority.ts'
import { LibraryOutbox } from './library-outbox.ts'

interface Closable {
  close(): Promise<void>
}

/** The types that libnanomsg has, and this engine uses. */
export type LibraryType = 'REQ' | 'REP' | 'SURVEYOR' | 'RESPONDENT' | 'PUSH' | 'PULL' | 'PUB' | 'SUB' | 'PAIR' | 'BUS'

/** From 50 ms, doubling to 2 s. libnanomsg adds no jitter. */
const reconnectMs = 50
const maxReconnectMs = 2_000

export abstract class LibrarySocket implements SpSocket {
  readonly pipes: ReadonlySet<Pipe> = new Set()
  readonly type: LibraryType
  protected readonly library: NanomsgLibrary
  /** libnanomsg's number of the socket. */
  readonly handle: number
  readonly #endpoints = new Set<Closable>()
  readonly #dropped = new Map<string, number>()
  #poll: Buffer | undefined
  #closing: Promise<void> | undefined

  constructor(type: LibraryType, library: NanomsgLibrary) {
    this.type = type
    this.library = library
    this.handle = library.Socket(library.AF_SP, library[`NN_${type}`])
    if (this.handle < 0) {
      const isFull = library.Errno() === library.EMFILE
      const reason = isFull ? 'libnanomsg has 512 sockets a process, and they are all in use' : library.Err()
      throw new RollcallError('NOT_SUPPORTED', `the nanomsg engine cannot open a ${type} socket: ${reason}`)
    }
    library.Setopt(this.handle, library.NN_SOL_SOCKET, library.NN_RECONNECT_IVL, reconnectMs)
    library.Setopt(this.handle, library.NN_SOL_SOCKET, library.NN_RECONNECT_IVL_MAX, maxReconnectMs)
  }

  /** What endpoints that are made from now on are told, by their socket. */
  prepareEndpoint(address: string, priority = defaultPriority): void {
    const { library, handle } = this
    library.Setopt(handle, library.NN_SOL_SOCKET, library.NN_SNDPRIO, priority)
    // It takes IPv6 addresses only where told so; elsewhere it would listen for both families, unlike before.
    library.Setopt(handle, library.NN_SOL_SOCKET, library.NN_IPV4ONLY, address.includes('[') ? 0 : 1)
  }

  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  counters(): Counters {
    return { attached: 0, detached: 0, dropped: Object.fromEntries(this.#dropped), rejected: {} }
  }

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
    this.stopListening()
    await Promise.all([...this.#endpoints].map((endpoint) => endpoint.close()))
    this.library.Close(this.handle)
  }

  protected drop(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1)
  }

  /** False when the library did not take it; it never blocks. */
  protected trySend(body: Uint8Array): boolean {
    const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    return this.library.Send(this.handle, buffer, this.library.NN_DONTWAIT) >= 0
  }

  /** Why a message cannot be sent at all. */
  protected refuseSend(body: Uint8Array): RollcallError | undefined {
    return refuseSend(body, this.isClosed, defaultLimits.maxMessageBytes)
  }

  /** Of the messages of an inbox. */
  protected readonly source: InboxSource = {
    pause: () => this.stopListening(),
    resume: () => {
      if (!this.isClosed) this.startListening()
    },
  }

  protected createInbox(receiving: ReceivingOptions): Inbox {
    return new Inbox({ ...receiving, maxBytes: defaultLimits.maxQueuedBytes, drop: (reason) => this.drop(reason) })
  }

  protected createOutbox(clock: Clock, sending: SendingOptions): LibraryOutbox {
    const { library, handle } = this
    return new LibraryOutbox({
      library,
      handle,
      clock,
      sending,
      trySend: (body) => this.trySend(body),
      drop: (reason) => this.drop(reason),
    })
  }

  /** Polling is by level: whoever does not take what is there must stop listening, or the loop spins. */
  protected startListening(): void {
    this.#poll ??= this.library.PollSocket(this.handle, false, () => this.#receive())
  }

  protected stopListening(): void {
    if (this.#poll) this.library.PollStop(this.#poll)
    this.#poll = undefined
  }

  #receive(): void {
    while (this.#poll) {
      const message = this.library.Recv(this.handle, this.library.NN_DONTWAIT)
      if (typeof message === 'number') return
      this.onMessage(message)
    }
  }

  protected abstract onMessage(message: Buffer): void
  protected onClosing(): void {}
}
