// The numbered changes of the roll: an epoch, random per start, and a sequence; bounded. Every feed, watch and index is a
// view of it. Dynamic parts (load, round-trip times) never stand here.

import type { LoggedInstance } from './instance.ts'
import { groupOf } from './group.ts'

export interface Position {
  readonly epoch: string
  readonly sequence: number
}

export type ChangeType = 'joined' | 'updated' | 'suspected' | 'recovered' | 'draining' | 'left'

export interface Change {
  readonly sequence: number
  readonly type: ChangeType
  readonly atMs: number
  /** The instance after the change; as it last was for `left`. */
  readonly instance: LoggedInstance
}

export interface ChangeLog {
  readonly epoch: string
  /** Of the latest change; 0 before the first. */
  readonly sequence: number
  /** Of the latest change to any service; members and topics come and go without it. */
  readonly serviceSequence: number
  /** The changes after a position in order, or `RESET` when it is of another epoch, ahead of us, or too old to be kept. */
  since(position: Position): readonly Change[] | 'RESET'
  /** Called for every change as it is made, until the function that comes back is called. */
  subscribe(listener: (change: Change) => void): () => void
  /** Sequence of the latest change to the static roll of this group; 0 when there was none. */
  sequenceOf(group: string): number
}

export interface WritableChangeLog extends ChangeLog {
  add(type: ChangeType, atMs: number, instance: LoggedInstance): void
}

export interface ChangeLogOptions {
  readonly random: () => number
  /** Changes kept for those who come back. Default 10,000: a fleet of that size may restart once. */
  readonly maxChanges?: number
  /** Names whose last sequence is remembered. Default 10,000; of names forgotten the latest change at all is told. */
  readonly maxGroups?: number
}

export function createChangeLog({
  random,
  maxChanges = 10_000,
  maxGroups = 10_000,
}: ChangeLogOptions): WritableChangeLog {
  const epoch = Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0')
  const listeners = new Set<(change: Change) => void>()
  const byGroup = new Map<string, number>()
  let changes: Change[] = []
  let sequence = 0
  let serviceSequence = 0
  let forgottenSequence = 0

  function remember(group: string): void {
    byGroup.delete(group)
    byGroup.set(group, sequence)
    if (byGroup.size <= maxGroups) return
    for (const [oldest, last] of byGroup) {
      byGroup.delete(oldest)
      forgottenSequence = last
      return
    }
  }

  return {
    epoch,
    get sequence() {
      return sequence
    },
    get serviceSequence() {
      return serviceSequence
    },
    add(type, atMs, instance) {
      sequence += 1
      if (instance.kind === 'service') serviceSequence = sequence
      const change = Object.freeze({ sequence, type, atMs, instance })
      changes.push(change)
      // Cut in halves, so that keeping the log short costs nothing per change.
      if (changes.length >= 2 * maxChanges) changes = changes.slice(-maxChanges)
      remember(groupOf(instance))
      for (const listener of listeners) listener(change)
    },
    since(position) {
      if (position.epoch !== epoch || position.sequence > sequence) return 'RESET'
      const oldest = changes[0]?.sequence ?? sequence + 1
      if (position.sequence < oldest - 1) return 'RESET'
      return changes.slice(position.sequence - oldest + 1)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    sequenceOf: (group) => byGroup.get(group) ?? forgottenSequence,
  }
}
