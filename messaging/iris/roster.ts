// What Iris needs of the roll: who is a member of what, and to be one itself. connect() joins it to follow() and join(); tests have one
// of their own.

import type { ProviderStatus } from '../roll/answer.ts'

/** A service of that name is neither. */
export type GroupKind = 'member' | 'topic'

/** One member of a cluster, or one subscriber of a topic. */
export interface Member {
  /** Unique within its group. */
  readonly id: string
  /** Where its node listens: tcp://host:port. */
  readonly address: string
  readonly zone: string
  /** Share of the requests; 0: only when there is nobody else. */
  readonly weight: number
  readonly status: ProviderStatus
  readonly state: 'alive' | 'suspect'
}

export interface Roster {
  /** Follows a group: calls back with all its members as soon as they are known, perhaps before it returns, and again at each change.
   * What comes back ends it. */
  watch(kind: GroupKind, name: string, onMembers: (members: readonly Member[]) => void): () => void
}

/** This node on the roll. */
export interface Presence {
  /** Puts this node into the group, hinted at once; what comes back takes it out. */
  enter(kind: GroupKind, name: string): () => void
  /** Off the roll altogether: resolves when the daemons have been told, or would have been. */
  leave(): Promise<void>
}
