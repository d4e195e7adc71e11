// Who left the roll, as the watches of a history tell it. Pure.

import type { WatchRecord } from '../history.ts'
import type { Judge } from './judge.ts'
import { groupBy } from '../group-by.ts'

export interface Removal {
  readonly atMs: number
  readonly daemon: string
  readonly service: string
  readonly address: string
}

/** Who left the roll of a daemon, as any watch of it told, and did not come back with another line or id in the same moment. */
export function removals(judge: Judge): readonly Removal[] {
  const seen = new Map<string, Removal>()
  const watched = judge.history.filter((record) => record.type === 'watch')
  const byClient = groupBy(watched, ({ client }) => client)
  for (const events of byClient.values())
    events.forEach((event, at) => {
      const [left] = event.instances
      if (event.event !== 'left' || !left || isReplaced(events, at, judge.settings.slackMs)) return
      const { atMs, daemon } = event
      const { service, address } = left
      seen.set(`${event.position} ${service} ${address}`, { atMs, daemon, service, address })
    })
  return [...seen.values()]
}

function isReplaced(events: readonly WatchRecord[], at: number, withinMs: number): boolean {
  const leaving = events[at]
  const [left] = leaving?.instances ?? []
  if (!leaving || !left) return false
  for (let next = at + 1; next < events.length; next += 1) {
    const event = events[next]
    if (!event || event.atMs > leaving.atMs + withinMs) return false
    const isThere = event.instances.some(({ service, address }) => service === left.service && address === left.address)
    if (isThere && event.event !== 'left') return true
  }
  return false
}
