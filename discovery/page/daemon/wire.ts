// What the daemon sends to the page, checked where it comes in. Promises values that the rest of the page can trust; what a daemon
// of another version adds is passed over.

import * as z from 'zod/mini'
import type { StreamEvent } from './watch.ts'

// Without it zod compiles its checks by `new Function`, which the policy of the page forbids.
z.config({ jitless: true })

const instanceSchema = z.object({
  service: z.string(),
  id: z.string(),
  address: z.string(),
  zone: z.string(),
  version: z.string(),
  weight: z.number(),
  tags: z.array(z.string()),
  meta: z.record(z.string(), z.string()),
  status: z.enum(['passing', 'warning', 'critical', 'draining']),
  by: z.nullish(z.string()),
  state: z.enum(['alive', 'suspect']),
  detached: z.boolean(),
  unsure: z.boolean(),
})

/** What an instance says of itself, and its state: what changes are made for. */
export type Instance = z.infer<typeof instanceSchema>

const readingSchema = z.object({
  id: z.string(),
  conflict: z.boolean(),
  misses: z.number(),
  roundTripMs: z.number(),
  lastAnswerAt: z.string(),
  load: z.nullish(z.number()),
  inflight: z.nullish(z.number()),
})

/** What moves all the time, and is asked for while somebody looks at it. */
export type Reading = z.infer<typeof readingSchema>

const roundSchema = z.object({
  round: z.number(),
  startedAt: z.string(),
  durationMs: z.number(),
  asked: z.nullable(z.number()),
  answered: z.number(),
  missing: z.array(z.string()),
  late: z.number(),
  endedBy: z.string(),
  isLagged: z.boolean(),
})

export type Round = z.infer<typeof roundSchema>

const healthSchema = z.object({
  status: z.enum(['ok', 'warming-up', 'frozen']),
  version: z.string(),
  zone: z.string(),
  engine: z.string(),
  engineLimits: z.array(z.string()),
  uptimeMs: z.number(),
  epoch: z.string(),
})

export type Health = z.infer<typeof healthSchema>

const readingsSchema = z.object({ instances: z.array(readingSchema) })
const roundsSchema = z.object({ rounds: z.array(roundSchema) })
const snapshotSchema = z.object({ isComplete: z.boolean(), instances: z.array(instanceSchema) })
const knowledgeSchema = z.object({ isComplete: z.boolean() })
const changeSchema = z.extend(instanceSchema, { at: z.string() })

export const changeTypes = ['joined', 'updated', 'suspected', 'recovered', 'draining', 'left'] as const

export type ChangeType = (typeof changeTypes)[number]

/** An event of `/watch`, with the life of the daemon that it is from. */
export type RollEvent = { readonly epoch: string } & (
  | { readonly type: 'snapshot'; readonly isComplete: boolean; readonly instances: readonly Instance[] }
  | { readonly type: 'knowledge'; readonly isComplete: boolean }
  | { readonly type: ChangeType; readonly atMs: number; readonly instance: Instance }
)

/** Undefined for a kind that this page does not know. Fails with a ZodError or a SyntaxError. */
export function readRollEvent({ name, id, data }: StreamEvent): RollEvent | undefined {
  const epoch = id.slice(0, id.lastIndexOf('-'))
  if (name === 'snapshot') return { type: name, epoch, ...snapshotSchema.parse(JSON.parse(data)) }
  if (name === 'knowledge') return { type: name, epoch, ...knowledgeSchema.parse(JSON.parse(data)) }
  const type = changeTypes.find((known) => known === name)
  if (type === undefined) return undefined
  const { at, ...instance } = changeSchema.parse(JSON.parse(data))
  return { type, epoch, atMs: Date.parse(at), instance }
}

export function readReadings(body: unknown): readonly Reading[] {
  return readingsSchema.parse(body).instances
}

export function readRounds(body: unknown): readonly Round[] {
  return roundsSchema.parse(body).rounds
}

export function readHealth(body: unknown): Health {
  return healthSchema.parse(body)
}
