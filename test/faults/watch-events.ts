// An event of a daemon's watch, in the words of a history. Pure.

import { z } from 'zod'
import type { WatchRecord } from './history.ts'

const watched = z.object({
  service: z.string(),
  id: z.string(),
  address: z.string(),
  state: z.string(),
  detached: z.boolean(),
})
const snapshot = z.object({ instances: z.array(watched) })
const eventType = z.enum(['snapshot', 'joined', 'updated', 'suspected', 'recovered', 'draining', 'left', 'knowledge'])

export function readWatchEvent(type: string, data: unknown): Pick<WatchRecord, 'event' | 'instances'> {
  const event = eventType.parse(type)
  if (event === 'snapshot') return { event, instances: snapshot.parse(data).instances }
  return { event, instances: event === 'knowledge' ? [] : [watched.parse(data)] }
}
