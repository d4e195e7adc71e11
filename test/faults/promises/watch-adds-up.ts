// A snapshot and the changes after it are the snapshot of a later position, whoever is told, and whichever daemon it came from before.

import type { WatchRecord } from '../history.ts'
import type { FleetPromise } from './promise.ts'
import { groupBy } from '../group-by.ts'
import { Judge } from './judge.ts'
import { Findings } from './promise.ts'

const name = 'watch-adds-up'

export const watchAddsUp: FleetPromise = {
  name,
  promises: 'what a watch told adds up to the snapshot of the same position',
  check(history) {
    const judge = Judge.of(history)
    const findings = new Findings(name)
    const events = judge.history.filter((record) => record.type === 'watch')
    const snapshots = new Map<string, string>()
    for (const event of events)
      if (event.event === 'snapshot') snapshots.set(placeOf(event), digest(event.instances.map(describe)))
    for (const [client, told] of groupBy(events, (event) => event.client)) {
      const held = new Map<string, string>()
      for (const event of told) {
        // Its own snapshot takes the place of what it had; before it, both are to be the same where the position is.
        const isCompared = event.event !== 'snapshot'
        apply(held, event)
        const expected = isCompared ? snapshots.get(placeOf(event)) : undefined
        if (expected === undefined) continue
        const found = digest([...held.values()])
        findings.check(found === expected, event.atMs, () => {
          return `${client} at ${event.daemon}, position ${event.position}, has ${compare(found, expected)}`
        })
      }
    }
    return findings.verdict
  },
}

function placeOf({ position, scope = '' }: WatchRecord): string {
  return `${position ?? 'nowhere'} ${scope}`
}

type Watched = WatchRecord['instances'][number]

function describe({ service, id, address, state, detached }: Watched): string {
  return `${service}/${id} ${address} ${state}${detached ? ' detached' : ''}`
}

function digest(instances: readonly string[]): string {
  return instances.toSorted().join('\n')
}

function apply(held: Map<string, string>, { event, instances }: WatchRecord): void {
  if (event === 'snapshot') held.clear()
  for (const instance of instances) {
    const key = `${instance.service}/${instance.id}`
    if (event === 'left') held.delete(key)
    else held.set(key, describe(instance))
  }
}

function compare(found: string, expected: string): string {
  const [has, should] = [found, expected].map((text) => new Set(text.split('\n').filter((line) => line !== '')))
  const extra = [...(has ?? [])].filter((line) => !should?.has(line))
  const missing = [...(should ?? [])].filter((line) => !has?.has(line))
  return `${extra.length} too many (${extra.slice(0, 3).join(', ')}), ${missing.length} missing (${missing.slice(0, 3).join(', ')})`
}
