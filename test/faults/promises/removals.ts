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
      if (event.event !== 'left' || !left || isReplaced(events.slice(at, at + 2))) return
      const { atMs, daemon } = event
      const { service, address } = left
      seen.set(`${event.position} ${service} ${address}`, { atMs, daemon, service, address })
    })
  return [...seen.values()]
}

/** The next that is told is that one, which is the same moment: at its place is another id. */
function isReplaced([left, next]: readonly WatchRecord[]): boolean {
  const [gone] = left?.instances ?? []
  if (next?.event !== 'joined' && next?.event !== 'updated') return false
  return next.instances.some(({ service, address }) => service === gone?.service && address === gone.address)
}
