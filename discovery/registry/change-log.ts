// The numbered changes of the roll: an epoch, random per start, and a sequence; bounded. Every feed, watch and index is a
// view of it. Dynamic parts (load, round-trip times) never stand here.

import type { Instance, Provider } from './instance.ts'

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
  readonly instance: Provider & Pick<Instance, 'state'>
}

export interface ChangeLog {
  readonly epoch: string
  /** Of the latest change; 0 before the first. */
  readonly sequence: number
  /** The changes after a position in order, or `RESET` when it is of another epoch, ahead of us, or too old to be kept. */
  since(position: Position): readonly Change[] | 'RESET'
  /** Called for every change as it is made, until the function that comes back is called. */
  subscribe(listener: (change: Change) => void): () => void
  /** Sequence of the latest change to this service's static roll; 0 when there was none. */
  sequenceOf(service: string): number
}
