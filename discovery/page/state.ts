// What the page knows and what its reader chose, as signals: everything drawn is drawn from here. Who sets them is live.ts, for what
// the daemon says, and the views, for the rest.

import { batch, computed, signal } from '@preact/signals'
import type { Health, Reading, RollEvent, Round } from './daemon/wire.ts'
import type { Condition } from './roll/condition.ts'
import { countConditions } from './roll/condition.ts'
import type { History } from './roll/history.ts'
import { addEvents, addNews } from './roll/history.ts'
import { emptyRoll, fold } from './roll/roll.ts'
import { createRows } from './roll/rows.ts'

export type Link =
  | { readonly phase: 'connecting' | 'live' }
  | { readonly phase: 'refused'; readonly isTokenWrong: boolean }
  | { readonly phase: 'lost'; readonly sinceMs: number; readonly reason: string }

export const link = signal<Link>({ phase: 'connecting' })
export const roll = signal(emptyRoll)
export const history = signal<History>([])
export const rounds = signal<readonly Round[]>([])
export const health = signal<Health | undefined>(undefined)
export const readings = signal<ReadonlyMap<string, Reading>>(new Map())
/** Time of day, moved once a second while the page is seen. */
export const nowMs = signal(Date.now())

export const query = signal('')
export const wantedCondition = signal<Condition | undefined>(undefined)
export const closedServices = signal<ReadonlySet<string>>(new Set())
/** Key of the instance shown in detail; empty for none. */
export const selectedKey = signal('')
/** Services of which something can be seen now. */
export const servicesInView = signal<readonly string[]>([])

export const counts = computed(() => countConditions(roll.value.instances.values()))
export const rows = computed(() =>
  createRows(roll.value.instances.values(), {
    query: query.value,
    condition: wantedCondition.value,
    closed: closedServices.value,
  }),
)
export const selected = computed(() => roll.value.instances.get(selectedKey.value))

export function toggleService(service: string, isOpen = closedServices.value.has(service)): void {
  const closed = new Set(closedServices.value)
  if (isOpen) closed.delete(service)
  else closed.add(service)
  closedServices.value = closed
}

export function applyEvents(events: readonly RollEvent[], atMs: number): void {
  batch(() => {
    history.value = addEvents(history.value, roll.value, events, atMs)
    roll.value = fold(roll.value, events)
  })
}

export function becomeLive(atMs: number): void {
  batch(() => {
    if (link.value.phase === 'lost') {
      history.value = addNews(history.value, { atMs, type: 'found', instance: undefined, detail: '' })
    }
    link.value = { phase: 'live' }
  })
}

export function becomeLost(reason: string, atMs: number): void {
  batch(() => {
    // Lost since the first failure, whatever the last one was.
    if (link.value.phase === 'lost') link.value = { ...link.value, reason }
    else {
      history.value = addNews(history.value, { atMs, type: 'lost', instance: undefined, detail: reason })
      link.value = { phase: 'lost', sinceMs: atMs, reason }
    }
  })
}
