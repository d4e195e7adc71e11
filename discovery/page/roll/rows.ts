// The roll as rows of a table: a head for every service, its instances below it where it is open. Pure, and where the order comes
// from: services by name, instances by id, numbers in either as numbers.

import type { Instance } from '../daemon/wire.ts'
import type { Condition, ConditionCounts } from './condition.ts'
import { countConditions, readCondition } from './condition.ts'
import { keyOf } from './roll.ts'
import { createSearch } from './search.ts'

export interface ServiceRow {
  readonly kind: 'service'
  readonly key: string
  readonly service: string
  readonly isOpen: boolean
  readonly count: number
  readonly counts: ConditionCounts
  /** Zones of its instances with how many are in each, the largest first; without those that say none. */
  readonly zones: readonly (readonly [zone: string, count: number])[]
}

export interface InstanceRow {
  readonly kind: 'instance'
  readonly key: string
  readonly instance: Instance
}

export type Row = ServiceRow | InstanceRow

export interface RowOptions {
  readonly query: string
  /** Undefined for all. */
  readonly condition: Condition | undefined
  readonly closed: ReadonlySet<string>
}

const { compare } = new Intl.Collator('en', { numeric: true })

export function createRows(instances: Iterable<Instance>, { query, condition, closed }: RowOptions): readonly Row[] {
  const isFound = createSearch(query)
  const byService = new Map<string, Instance[]>()
  for (const instance of instances) {
    if (condition !== undefined && readCondition(instance) !== condition) continue
    if (!isFound(instance)) continue
    const group = byService.get(instance.service)
    if (group) group.push(instance)
    else byService.set(instance.service, [instance])
  }
  return [...byService]
    .toSorted(([one], [other]) => compare(one, other))
    .flatMap(([service, group]) => createGroup(service, group, !closed.has(service)))
}

function createGroup(service: string, group: readonly Instance[], isOpen: boolean): Row[] {
  const head: ServiceRow = {
    kind: 'service',
    // No instance has this key: there is an id behind the slash.
    key: `${service}/`,
    service,
    isOpen,
    count: group.length,
    counts: countConditions(group),
    zones: countZones(group),
  }
  if (!isOpen) return [head]
  const sorted = group.toSorted((one, other) => compare(one.id, other.id))
  return [head, ...sorted.map((instance) => ({ kind: 'instance' as const, key: keyOf(instance), instance }))]
}

function countZones(group: readonly Instance[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const { zone } of group) if (zone !== '') counts.set(zone, (counts.get(zone) ?? 0) + 1)
  return [...counts].toSorted(([one, ones], [other, others]) => others - ones || compare(one, other))
}
