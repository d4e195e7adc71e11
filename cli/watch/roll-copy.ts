// The roll as the events of a watch tell it, and each of them as changes to it. A snapshot that comes later, from another daemon or
// after a long absence, is the changes that lead to it: whoever reads them has no gap and nothing twice. Pure.

import { z } from 'zod'

const instanceSchema = z.looseObject({
  service: z.string(),
  id: z.string(),
  address: z.string(),
  status: z.string(),
  state: z.enum(['alive', 'suspect']),
  detached: z.boolean(),
  unsure: z.boolean(),
})

export type WatchedInstance = z.infer<typeof instanceSchema>

const changeSchema = z.looseObject({ ...instanceSchema.shape, at: z.string() })
const snapshotSchema = z.looseObject({ isComplete: z.boolean(), instances: z.array(instanceSchema) })
const knowledgeSchema = z.looseObject({ isComplete: z.boolean() })

const changeTypes = ['joined', 'updated', 'suspected', 'recovered', 'draining', 'left'] as const
/** `here`: was there when the watch began. */
export type WatchedChangeType = 'here' | (typeof changeTypes)[number]

export interface WatchedChange {
  readonly type: WatchedChangeType
  /** ISO 8601: when the daemon saw it; of what was missed meanwhile, when it was noticed. */
  readonly at: string
  /** As it is after the change; as it last was, for `left`. */
  readonly instance: WatchedInstance
}

export interface RollCopy {
  /** What an event changes. Fails where its data is of a form that this version does not know. */
  apply(type: string, data: string): readonly WatchedChange[]
  /** Whether the daemon says that this is everyone; undefined before it has said anything. */
  readonly isComplete: boolean | undefined
  readonly size: number
}

export interface RollCopyOptions {
  /** Time of day in milliseconds since 1970. Default: the system's. */
  readonly dateMs?: () => number
}

export function createRollCopy({ dateMs = Date.now }: RollCopyOptions = {}): RollCopy {
  let copy: Map<string, WatchedInstance> | undefined
  let isComplete: boolean | undefined

  function applySnapshot(instances: readonly WatchedInstance[]): WatchedChange[] {
    const at = new Date(dateMs()).toISOString()
    const next = new Map(instances.map((instance) => [keyOf(instance), instance]))
    const before = copy
    copy = next
    if (before === undefined) return instances.map((instance) => ({ type: 'here', at, instance }))
    const gone = [...before].filter(([key]) => !next.has(key)).map(([, instance]) => instance)
    return [
      ...gone.map((instance): WatchedChange => ({ type: 'left', at, instance })),
      ...instances.flatMap((instance) => {
        const types = compare(before.get(keyOf(instance)), instance)
        return types.map((type): WatchedChange => ({ type, at, instance }))
      }),
    ]
  }

  function applyChange(type: WatchedChangeType, { at, ...instance }: z.infer<typeof changeSchema>): WatchedChange[] {
    copy ??= new Map()
    if (type === 'left') copy.delete(keyOf(instance))
    else copy.set(keyOf(instance), instance)
    return [{ type, at, instance }]
  }

  return {
    apply(type, data) {
      const body: unknown = JSON.parse(data)
      if (type === 'snapshot') {
        const snapshot = snapshotSchema.parse(body)
        isComplete = snapshot.isComplete
        return applySnapshot(snapshot.instances)
      }
      if (type === 'knowledge') {
        isComplete = knowledgeSchema.parse(body).isComplete
        return []
      }
      const known = changeTypes.find((name) => name === type)
      return known === undefined ? [] : applyChange(known, changeSchema.parse(body))
    },
    get isComplete() {
      return isComplete
    },
    get size() {
      return copy?.size ?? 0
    },
  }
}

function keyOf({ service, id }: WatchedInstance): string {
  return `${service}/${id}`
}

/** What leads from one to the other. */
function compare(before: WatchedInstance | undefined, after: WatchedInstance): WatchedChangeType[] {
  if (before === undefined) return ['joined']
  const types: WatchedChangeType[] = []
  if (staticPart(before) !== staticPart(after)) {
    types.push(after.status === 'draining' && before.status !== 'draining' ? 'draining' : 'updated')
  }
  if (before.state !== after.state) types.push(after.state === 'suspect' ? 'suspected' : 'recovered')
  return types
}

/** What it says of itself; whether it is heard is the daemon's to say. */
function staticPart({ state: _state, detached: _detached, unsure: _unsure, ...said }: WatchedInstance): string {
  return JSON.stringify(said)
}
