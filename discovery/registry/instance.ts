// An instance as every door of the daemon shows it. Pure data; what may be handed out is decided in choose.ts.

import type { ProviderStatus } from '../../messaging/roll/answer.ts'

/** alive: it answered. suspect: it missed a round or its pipe closed. A gone instance is not on the roll. */
export type InstanceState = 'alive' | 'suspect'

/** The static part of an instance: what makes a change when it changes. */
export interface Provider {
  readonly service: string
  /** Unique within the service; `id~2` when two living processes claim the same. */
  readonly id: string
  /** protocol://host:port with the host filled in. */
  readonly address: string
  readonly protocol: string
  readonly host: string
  readonly port: number
  readonly zone: string
  readonly version: string
  readonly weight: number
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly status: ProviderStatus
  readonly kind: 'service' | 'member' | 'topic'
  /** Who answers for it, when not itself: the id of a watcher or an agent. */
  readonly by: string | undefined
}

/** What the change log tells of an instance: nothing of it moves without a change. */
export interface LoggedInstance extends Provider, Pick<Instance, 'state' | 'detached' | 'unsure'> {}

/** What is known of an instance beside what it says of itself. */
export interface Instance extends Provider {
  readonly state: InstanceState
  /** Its pipe is closed: the last to be handed out. */
  readonly detached: boolean
  /** The host is loopback, link-local or the daemon's own gateway as seen from here: others may not reach it. */
  readonly unsure: boolean
  /** Two living processes claim this id. */
  readonly conflict: boolean
  /** Monotonic milliseconds of the daemon's clock; the doors turn it into an age. */
  readonly lastAnswerMs: number
  readonly roundTripMs: number
  /** Rounds missed in a row. */
  readonly misses: number
  readonly load: number | undefined
  readonly inflight: number | undefined
}
