// What is different between two lists of one name, in the words of the daemon's change log. Pure.

import type { FeedInstance } from '../feed-lines.ts'

/** `instance` is as it is now; as it last was for `left`. */
export interface InstanceChange {
  readonly type: 'joined' | 'updated' | 'suspected' | 'recovered' | 'draining' | 'left'
  readonly instance: FeedInstance
}

/** Both lists are sorted by id. An instance that changed in what it says and in its state makes one change of each. */
export function compareLists(
  before: readonly FeedInstance[],
  after: readonly FeedInstance[],
): readonly InstanceChange[] {
  const changes: InstanceChange[] = []
  const earlier = new Map(before.map((instance) => [instance.id, instance]))
  for (const instance of after) {
    const known = earlier.get(instance.id)
    earlier.delete(instance.id)
    if (!known) changes.push({ type: 'joined', instance })
    else if (known !== instance) changes.push(...compareInstances(known, instance))
  }
  for (const instance of earlier.values()) changes.push({ type: 'left', instance })
  return changes
}

function compareInstances(before: FeedInstance, instance: FeedInstance): InstanceChange[] {
  const changes: InstanceChange[] = []
  if (instance.state === 'alive' && before.state !== 'alive') changes.push({ type: 'recovered', instance })
  if (instance.state === 'suspect' && (before.state === 'alive' || before.detached !== instance.detached))
    changes.push({ type: 'suspected', instance })
  if (staticText(before) === staticText(instance)) return changes
  const isDraining = instance.status === 'draining' && before.status !== 'draining'
  return [...changes, { type: isDraining ? 'draining' : 'updated', instance }]
}

function staticText({ state: _state, detached: _detached, ...line }: FeedInstance): string {
  return JSON.stringify(line)
}
