// The topics that this node is subscribed to: one line on the roll for each, whatever the number of loops that read it.

import type { PeerPipe } from './peer-pipe.ts'
import type { Presence } from './roster.ts'
import type { Rights } from './rights.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'
import type { Traffic } from './traffic.ts'
import { readCast } from './frame.ts'
import { TopicSubscription } from './subscription.ts'

export class Topics {
  readonly #presence: Presence
  readonly #rights: Rights
  readonly #trafficOf: (topic: string) => Traffic
  readonly #topics = new Map<string, { readonly subscriptions: Set<TopicSubscription>; readonly leave: () => void }>()

  constructor(presence: Presence, rights: Rights, trafficOf: (topic: string) => Traffic) {
    this.#presence = presence
    this.#rights = rights
    this.#trafficOf = trafficOf
  }

  subscribe(name: string, options: SubscribeOptions): Subscription {
    let topic = this.#topics.get(name)
    if (!topic) {
      topic = { subscriptions: new Set(), leave: this.#presence.enter('topic', name) }
      this.#topics.set(name, topic)
    }
    const { subscriptions, leave } = topic
    const traffic = this.#trafficOf(name)
    const subscription = new TopicSubscription(
      name,
      options,
      () => traffic.drop('slow'),
      (closed) => {
        subscriptions.delete(closed)
        if (subscriptions.size > 0) return
        this.#topics.delete(name)
        leave()
      },
    )
    subscriptions.add(subscription)
    return subscription
  }

  publish(pipe: PeerPipe, message: Buffer): void {
    const cast = readCast(message)
    if (!cast) return pipe.malformed()
    pipe.traffic.received += 1
    const topic = this.#topics.get(cast.name)
    // A publisher may learn of the end of a subscription later than it sends. A name of its own for each such event would cost memory.
    if (!topic) return pipe.traffic.drop('not-here')
    const traffic = this.#trafficOf(cast.name)
    traffic.received += 1
    if (!this.#rights.mayCall(pipe.pipe.identity, cast.name)) return traffic.drop('not-allowed')
    for (const subscription of topic.subscriptions) subscription.push({ topic: cast.name, body: cast.body })
  }

  close(): void {
    for (const { subscriptions } of this.#topics.values())
      for (const subscription of subscriptions) subscription.close()
  }
}
