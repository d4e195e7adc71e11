// What hears on libnanomsg: PULL as it is, SUB below, PAIR and BUS beside what they say. What is not read yet is bounded in bytes; beyond it
// the library is not read from.

import type { Message, Puller, ReceivingOptions, Subscriber } from '../../engine.ts'
import type { Inbox } from '../../patterns/inbox.ts'
import type { NanomsgLibrary } from './library.ts'
import { PrefixTree } from '../../patterns/prefix-tree.ts'
import { LibrarySocket } from './library-socket.ts'

export class LibraryReceiver extends LibrarySocket implements Puller {
  readonly #inbox: Inbox

  constructor(type: 'PULL' | 'SUB' | 'PAIR' | 'BUS', library: NanomsgLibrary, receiving: ReceivingOptions) {
    super(type, library)
    this.#inbox = this.createInbox(receiving)
    this.startListening()
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return this.#inbox[Symbol.asyncIterator]()
  }

  protected override onMessage(message: Buffer): void {
    this.#inbox.received(message, undefined, this.source)
  }

  protected override onClosing(): void {
    this.#inbox.end()
  }
}

/** The binding takes prefixes as text alone: the library is asked for everything, and the bytes are compared here. */
export class LibrarySubscriber extends LibraryReceiver implements Subscriber {
  readonly #prefixes = new PrefixTree()

  constructor(library: NanomsgLibrary, receiving: ReceivingOptions) {
    super('SUB', library, receiving)
  }

  subscribe(prefix: Uint8Array | string): void {
    const isFirst = this.#prefixes.size === 0
    if (this.#prefixes.add(Buffer.from(prefix)) && isFirst && !this.isClosed)
      this.library.Chan(this.handle, this.library.NN_SUB_SUBSCRIBE, '')
  }

  unsubscribe(prefix: Uint8Array | string): void {
    if (this.#prefixes.remove(Buffer.from(prefix)) && this.#prefixes.size === 0 && !this.isClosed)
      this.library.Chan(this.handle, this.library.NN_SUB_UNSUBSCRIBE, '')
  }

  protected override onMessage(message: Buffer): void {
    if (this.#prefixes.matches(message)) super.onMessage(message)
  }
}
