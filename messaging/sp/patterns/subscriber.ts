// SUB, as in sp-pubsub: the messages of all publishers that begin with a prefix subscribed to. Our own publishers are told the
// prefixes and send nothing else; what foreign ones send is filtered here.

import type { Message, ReceivingOptions, Subscriber } from '../engine.ts'
import type { Role } from '../endpoint-type.ts'
import type { Carrier } from '../transport.ts'
import type { Inbox } from './inbox.ts'
import type { PatternContext } from './pattern-socket.ts'
import type { SubscriptionChange } from './subscription-frame.ts'
import { endpointTypes, rolesOf } from '../endpoint-type.ts'
import { noHeader } from '../header.ts'
import { CarrierPipe, PatternSocket } from './pattern-socket.ts'
import { PrefixTree } from './prefix-tree.ts'
import { formatSubscriptions } from './subscription-frame.ts'

class SubscriberPipe extends CarrierPipe {
  readonly isTelling: boolean

  constructor(carrier: Carrier, isTelling: boolean) {
    super(carrier)
    this.isTelling = isTelling
  }
}

const roles: readonly Role[] = Object.freeze([
  { type: endpointTypes.SUB_TELLING, peerType: endpointTypes.PUB_TOLD },
  ...rolesOf('SUB'),
])

export class SubscriberSocket extends PatternSocket<SubscriberPipe> implements Subscriber {
  readonly type = 'SUB'
  override get roles(): readonly Role[] {
    return roles
  }
  readonly #prefixes = new PrefixTree()
  readonly #inbox: Inbox

  constructor(context: PatternContext, options: ReceivingOptions) {
    super(context, options)
    this.#inbox = this.createInbox(options)
  }

  subscribe(prefix: Uint8Array | string): void {
    const bytes = Buffer.from(prefix)
    if (this.#prefixes.add(bytes)) this.#tellAll('subscribe', bytes)
  }

  unsubscribe(prefix: Uint8Array | string): void {
    const bytes = Buffer.from(prefix)
    if (this.#prefixes.remove(bytes)) this.#tellAll('unsubscribe', bytes)
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return this.#inbox[Symbol.asyncIterator]()
  }

  #tellAll(change: SubscriptionChange, prefix: Buffer): void {
    for (const pipe of this.pipes) this.#tell(pipe, change, [prefix])
  }

  #tell({ isTelling, carrier }: SubscriberPipe, change: SubscriptionChange, prefixes: Iterable<Buffer>): void {
    if (isTelling) for (const frame of formatSubscriptions(change, prefixes)) carrier.send(noHeader, frame)
  }

  protected override createPipe(carrier: Carrier, peerType: number): SubscriberPipe {
    return new SubscriberPipe(carrier, peerType === endpointTypes.PUB_TOLD)
  }

  protected override onAttached(pipe: SubscriberPipe): void {
    this.#tell(pipe, 'subscribe', this.#prefixes)
  }

  /** What nobody subscribed to is no loss, and not counted. */
  protected override onMessage(pipe: SubscriberPipe, message: Buffer): void {
    if (this.#prefixes.matches(message)) this.#inbox.received(message, pipe, pipe.carrier)
  }

  protected override onDetached(pipe: SubscriberPipe): void {
    this.#inbox.detached(pipe.carrier)
  }

  protected override onClosing(): void {
    this.#inbox.end()
  }
}
