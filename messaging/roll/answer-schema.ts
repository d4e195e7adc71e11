// What an answer line may say, as one zod schema: the same for `name|address`, for JSON, for the environment and for join().
// Unknown keys are ignored, so that an older daemon reads the lines of a newer service; null is taken for absent.

import type { DynamicPart, ProviderLine } from './answer.ts'
import { z } from 'zod'
import { readServiceName } from './name.ts'
import { readProviderAddress } from './provider-address.ts'

export const providerDefaults = Object.freeze({
  zone: '',
  version: '',
  /** All alike: whoever says nothing gets the same share. */
  weight: 1,
  status: 'passing' as const,
  kind: 'service' as const,
})

/** The range of a DNS SRV weight. */
export const maxWeight = 65_535

/** Text for people: no control characters and no half characters. */
function text(maxLength: number) {
  return z
    .string()
    .max(maxLength, `has more than ${maxLength} characters`)
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'has a control character')
}

/** A word that can stand in `ask ID` and in a table. */
function word(maxLength: number) {
  return z
    .string()
    .min(1, 'is empty')
    .max(maxLength, `has more than ${maxLength} characters`)
    .regex(/^[^\s\p{C}]+$/u, 'has a space or a character that cannot be seen')
}

export const fieldSchemas = {
  service: z.string().transform((given, context) => {
    const read = readServiceName(given)
    if ('name' in read) return read.name
    context.addIssue(read.reason)
    return z.NEVER
  }),
  address: z.string().transform((given, context) => {
    const read = readProviderAddress(given)
    if ('address' in read) return read.address
    context.addIssue(read.reason)
    return z.NEVER
  }),
  protocol: z
    .string()
    .regex(/^[a-z][a-z0-9+.-]{0,31}$/i, 'is not a protocol such as tcp or http')
    .toLowerCase(),
  id: word(255),
  zone: text(128),
  version: text(128),
  weight: z.int('is not a whole number').min(0, 'is below 0').max(maxWeight, `is above ${maxWeight}`),
  /** `!tag` excludes and a comma separates where tags are asked for. */
  tag: word(128).regex(/^[^!,][^,]*$/, 'starts with ! or has a comma'),
  metaKey: word(128),
  metaValue: text(1024),
  status: z.enum(['passing', 'warning', 'critical', 'draining']),
  kind: z.enum(['service', 'member', 'topic']),
  boot: word(64),
} as const

export const tagsSchema = z.array(fieldSchemas.tag).max(64, 'has more than 64 tags')
export const metaSchema = z.record(fieldSchemas.metaKey, fieldSchemas.metaValue)

export const providerSchema = z
  .object({
    service: fieldSchemas.service,
    address: fieldSchemas.address,
    id: fieldSchemas.id.nullish(),
    zone: fieldSchemas.zone.nullish(),
    version: fieldSchemas.version.nullish(),
    weight: fieldSchemas.weight.nullish(),
    tags: tagsSchema.nullish(),
    meta: metaSchema.nullish(),
    status: fieldSchemas.status.nullish(),
    kind: fieldSchemas.kind.nullish(),
    boot: fieldSchemas.boot.nullish(),
    by: fieldSchemas.id.nullish(),
  })
  .transform((line): ProviderLine => ({
    service: line.service,
    id: line.id ?? undefined,
    protocol: line.address.protocol,
    host: line.address.host,
    port: line.address.port,
    zone: line.zone ?? providerDefaults.zone,
    version: line.version ?? providerDefaults.version,
    weight: line.weight ?? providerDefaults.weight,
    tags: line.tags ?? [],
    meta: line.meta ?? {},
    status: line.status ?? providerDefaults.status,
    kind: line.kind ?? providerDefaults.kind,
    boot: line.boot ?? undefined,
    by: line.by ?? undefined,
  }))

export const dynamicSchema = z
  .object({
    /** Some measure more than they can do; that is as much as they can do. */
    load: z.number('is not a number').min(0, 'is below 0').nullish(),
    inflight: z.int('is not a whole number').min(0, 'is below 0').nullish(),
  })
  .transform((part): DynamicPart => ({
    load: typeof part.load === 'number' ? Math.min(1, part.load) : undefined,
    inflight: part.inflight ?? undefined,
  }))

/** What was wrong, in one sentence of at most a few fields. */
export function describeIssues(error: z.ZodError): string {
  const shown = error.issues.slice(0, 3).map(({ path, message }) => {
    const field = path.join('.').slice(0, 80)
    return field === '' ? message : `${field}: ${message}`
  })
  const more = error.issues.length - shown.length
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '')
}
