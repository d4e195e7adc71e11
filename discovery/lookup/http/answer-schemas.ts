// What the HTTP door answers, as schemas: for /openapi.json, and for whoever checks an answer against it. The routes write their answers
// by hand, which is faster; a test holds the two together.

import { z } from 'zod'
import type { HealthReport, RoundRecord } from '../roll-reader.ts'

const count = z.int().min(0)
const counts = z.record(z.string(), count)
const milliseconds = z.number().min(0)

const providerShape = {
  service: z.string(),
  id: z.string().meta({ description: 'unique within the service' }),
  address: z.string().meta({ description: 'protocol://host:port' }),
  protocol: z.string(),
  host: z.string(),
  port: z.int().min(0).max(65_535),
  zone: z.string().meta({ description: 'empty where it says none' }),
  version: z.string().meta({ description: 'empty where it says none' }),
  weight: z.number().min(0).meta({ description: 'share of the calls; 0 = only when there is nobody else' }),
  tags: z.array(z.string()),
  meta: z.record(z.string(), z.string()),
  status: z.enum(['passing', 'warning', 'critical', 'draining']),
}

export const providerAnswer = z.strictObject(providerShape)

export const servicesAnswer = z.strictObject({
  isComplete: z.boolean().meta({ description: 'false while the daemon may not know everyone yet' }),
  services: z.array(z.strictObject({ service: z.string(), instances: count, alive: count, suspect: count })),
})

export const instancesAnswer = z.strictObject({
  service: z.string(),
  isComplete: z.boolean(),
  instances: z.array(
    z.strictObject({
      ...providerShape,
      kind: z.enum(['service', 'member', 'topic']),
      by: z.string().nullable().meta({ description: 'who answers for it, when not itself' }),
      state: z.enum(['alive', 'suspect']),
      detached: z.boolean().meta({ description: 'its connection is closed' }),
      unsure: z.boolean().meta({ description: 'others may not reach it at this address' }),
      conflict: z.boolean().meta({ description: 'two living processes claim its id' }),
      misses: count.meta({ description: 'rounds missed in a row' }),
      roundTripMs: milliseconds,
      lastAnswerAgeMs: milliseconds,
      lastAnswerAt: z.iso.datetime(),
      load: z.number().nullable().exactOptional(),
      inflight: z.number().nullable().exactOptional(),
    }),
  ),
})

const round = z.strictObject({
  round: count,
  startedAt: z.iso.datetime(),
  durationMs: milliseconds,
  asked: count.nullable().meta({ description: 'null where the engine cannot count' }),
  answered: count,
  missing: z.array(z.string()).meta({ description: 'service/id of everyone it is held against' }),
  late: count,
  endedBy: z.enum(['complete', 'deadline', 'aborted', 'closed']),
  isLagged: z.boolean().meta({ description: 'held against nobody: the daemon itself was late' }),
}) satisfies z.ZodType<RoundRecord>

export const roundsAnswer = z.strictObject({ rounds: z.array(round) })

export const healthAnswer = z.strictObject({
  status: z.enum(['ok', 'warming-up', 'frozen']),
  version: z.string(),
  zone: z.string(),
  engine: z.string(),
  engineLimits: z.array(z.string()),
  uptimeMs: milliseconds,
  round: count,
  epoch: z.string(),
  sequence: count,
  isReady: z.boolean(),
  isFrozen: z.boolean(),
  counts: z.strictObject({
    alive: count,
    suspect: count,
    conflicts: count,
    attachedPipes: count,
    suspicions: count,
    evictions: count,
    freezes: count,
  }),
  lagMs: milliseconds,
  dropped: counts.meta({ description: 'messages dropped since the start, by reason' }),
  rejected: counts.meta({ description: 'connections refused since the start, by reason' }),
  refusedLines: counts.meta({ description: 'answer lines refused since the start, by reason' }),
  watch: z.strictObject({
    watchers: count.meta({ description: 'streams that are open' }),
    slowReadersCutOff: count.meta({ description: 'streams ended since the start because nobody read them' }),
    waiting: count.meta({ description: 'requests that wait for a change' }),
  }),
}) satisfies z.ZodType<HealthReport>

export const readyAnswer = z.strictObject({ isReady: z.literal(true), round: count })

export const indexAnswer = z.strictObject({
  name: z.literal('rollcall'),
  version: z.string(),
  routes: z.record(z.string(), z.string()),
})

export const problemAnswer = z.strictObject({
  code: z.string().regex(/^[A-Z_]+$/),
  message: z.string().min(1).meta({ description: 'a sentence for people' }),
})
