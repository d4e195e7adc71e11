// The roll as the page holds it: a snapshot with every change since folded in. Pure; each fold gives a new roll, so that whoever
// draws one can keep it.

import type { Instance, RollEvent } from '../daemon/wire.ts'

export interface Roll {
  /** The life of the daemon that said who is here; empty before anyone did. */
  readonly epoch: string
  /** The life of the daemon that speaks now: one that has just started says so before it knows who is here. */
  readonly daemonEpoch: string
  /** Whether that daemon knows everyone. */
  readonly isComplete: boolean
  readonly instances: ReadonlyMap<string, Instance>
}

export const emptyRoll: Roll = Object.freeze({
  epoch: '',
  daemonEpoch: '',
  isComplete: false,
  instances: new Map<string, Instance>(),
})

/** What is shown was said by a daemon that is no more, and the present one does not know better yet. */
export function isFromBefore({ epoch, daemonEpoch }: Roll): boolean {
  return epoch !== '' && epoch !== daemonEpoch
}

/** Who an instance is: ids are unique within a service, and no name has a slash in it. */
export function keyOf({ service, id }: Pick<Instance, 'service' | 'id'>): string {
  return `${service}/${id}`
}

/** Applies events in order. One copy of the roll, however many there are. */
export function fold(roll: Roll, events: readonly RollEvent[]): Roll {
  let { epoch, daemonEpoch, isComplete } = roll
  let instances = new Map(roll.instances)
  for (const event of events) {
    daemonEpoch = event.epoch
    if (event.type === 'knowledge') isComplete = event.isComplete
    else if (event.type === 'snapshot') {
      epoch = event.epoch
      isComplete = event.isComplete
      instances = new Map(event.instances.map((instance) => [keyOf(instance), instance]))
    } else if (event.type === 'left') instances.delete(keyOf(event.instance))
    else instances.set(keyOf(event.instance), event.instance)
  }
  return { epoch, daemonEpoch, isComplete, instances }
}
