// What changed and when, as people read it: the events of the daemon, and those of its own (it restarted, it was lost and found).
// Pure; bounded, since a page may stay open for weeks.

import type { ChangeType, Instance, RollEvent } from '../daemon/wire.ts'
import type { Roll } from './roll.ts'
import { keyOf } from './roll.ts'

export type NewsType = ChangeType | 'restarted' | 'lost' | 'found'

export interface News {
  /** Unique in this page. */
  readonly number: number
  readonly atMs: number
  readonly type: NewsType
  /** Undefined for what is about the daemon. */
  readonly instance: Instance | undefined
  /** What changed, or what this means; may be empty. */
  readonly detail: string
}

/** More than anybody reads, less than anybody's memory. */
const kept = 500

type Fresh = Omit<News, 'number'>

/** Newest first. */
export type History = readonly News[]

export function addNews(history: History, news: Fresh): History {
  return [{ ...news, number: (history[0]?.number ?? 0) + 1 }, ...history].slice(0, kept)
}

/** The news in these events, in which `before` is the roll that they are folded into; `atMs` for what comes without a time. */
export function addEvents(history: History, before: Roll, events: readonly RollEvent[], atMs: number): History {
  const known = new Map(before.instances)
  const hadRoll = before.epoch !== ''
  let { daemonEpoch } = before
  const fresh: Fresh[] = []
  for (const event of events) {
    if (daemonEpoch !== '' && event.epoch !== daemonEpoch) {
      fresh.push({ atMs, type: 'restarted', instance: undefined, detail: 'everyone is asked again' })
    }
    daemonEpoch = event.epoch
    if (event.type === 'knowledge') continue
    if (event.type === 'snapshot') {
      // What was missed meanwhile is the difference to what was known; the first one is no news.
      if (hadRoll) fresh.push(...compareSnapshots(known, event.instances, atMs))
      known.clear()
      for (const instance of event.instances) known.set(keyOf(instance), instance)
      continue
    }
    const { type, instance } = event
    const key = keyOf(instance)
    fresh.push({ atMs: event.atMs, type, instance, detail: describeChange(type, known.get(key), instance) })
    if (type === 'left') known.delete(key)
    else known.set(key, instance)
  }
  const first = (history[0]?.number ?? 0) + 1
  const numbered = fresh.map((news, at) => ({ ...news, number: first + at }))
  return [...numbered.toReversed(), ...history].slice(0, kept)
}

function compareSnapshots(known: ReadonlyMap<string, Instance>, now: readonly Instance[], atMs: number): Fresh[] {
  const keys = new Set(now.map(keyOf))
  const gone = [...known.values()].filter((instance) => !keys.has(keyOf(instance)))
  const here = now.filter((instance) => !known.has(keyOf(instance)))
  return [
    ...gone.map((instance) => ({ atMs, type: 'left' as const, instance, detail: 'while the daemon was lost' })),
    ...here.map((instance) => ({ atMs, type: 'joined' as const, instance, detail: instance.address })),
  ]
}

function describeChange(type: ChangeType, before: Instance | undefined, after: Instance): string {
  if (type === 'joined') return after.address
  return before ? describeUpdate(before, after) : ''
}

const compared = ['address', 'status', 'zone', 'version', 'weight'] as const

function orNone(value: string | number): string {
  return value === '' ? 'none' : String(value)
}

/** What an instance says otherwise than before: `version 1.4.1 → 1.4.2, tags`. */
export function describeUpdate(before: Instance, after: Instance): string {
  const said = compared
    .filter((field) => before[field] !== after[field])
    .map((field) => `${field} ${orNone(before[field])} → ${orNone(after[field])}`)
  const [tags, newTags] = [before.tags.join(', '), after.tags.join(', ')]
  if (tags !== newTags) said.push(`tags ${orNone(tags)} → ${orNone(newTags)}`)
  if (JSON.stringify(before.meta) !== JSON.stringify(after.meta)) said.push('meta')
  return said.join(', ')
}

/** One sentence for those who hear the page, for everything since news number `after`; empty when there is none. */
export function summarize(history: History, after: number): string {
  const fresh = history.filter(({ number }) => number > after)
  const [only] = fresh
  if (only === undefined) return ''
  if (fresh.length === 1) return only.instance ? `${keyOf(only.instance)} ${only.type}` : `The daemon: ${only.type}`
  const counts = new Map<NewsType, number>()
  for (const { type } of fresh) counts.set(type, (counts.get(type) ?? 0) + 1)
  return `${fresh.length} changes: ${[...counts].map(([type, count]) => `${count} ${type}`).join(', ')}`
}
