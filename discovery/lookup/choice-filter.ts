// The filters of a lookup as a client writes them (zone, near, tag, version), checked the same way at every door.
// Promises a filter that the registry can trust, or one sentence for every wrong parameter.

import { validRange } from 'semver'
import { z } from 'zod'
import type { ChoiceFilter } from '../../messaging/roll/choose.ts'

/** Parameters as doors hold them: a list where one was given several times. */
export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>

/** Longer than any filter that a person or a program means. */
const maxLength = 256

function single(name: string) {
  return z
    .string(`${name} is given more than once`)
    .min(1, `${name} is empty`)
    .max(maxLength, `${name} is longer than ${maxLength} characters`)
}

const tag = single('tag').refine((text) => text !== '!', 'tag "!" names no tag')

/** The parameters of a lookup, as they come. */
export const filterSchema = z.strictObject({
  zone: single('zone').meta({ description: 'only this zone' }).exactOptional(),
  near: single('near').meta({ description: 'this zone if it has anyone, else the others' }).exactOptional(),
  tag: z
    .preprocess(splitTags, z.array(tag))
    .meta({ description: 'all of these, repeated or separated by commas; !tag excludes' })
    .exactOptional(),
  version: single('version')
    .refine((range) => validRange(range) !== null, 'version is not a semver range such as ^1.4 or ">=1.4 <2"')
    .meta({ description: 'a semver range' })
    .exactOptional(),
})

export const filterNames: readonly string[] = Object.freeze(Object.keys(filterSchema.shape))

const noFilter: ChoiceFilter = Object.freeze({})

/** Several tags come repeated, separated by commas, or both. */
function splitTags(given: unknown): unknown {
  const list: unknown[] = Array.isArray(given) ? given : [given]
  return list.flatMap((value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : [value]))
}

export type FilterReading = { readonly filter: ChoiceFilter } | { readonly reason: string }

export function readFilter(parameters: Parameters): FilterReading {
  // Most lookups have no filter, and are not worth a walk through the schema.
  return Object.keys(parameters).length === 0 ? { filter: noFilter } : readParameters(parameters)
}

function readParameters(parameters: Parameters): FilterReading {
  const read = readStrictly(filterSchema, parameters)
  return 'reason' in read ? read : { filter: toFilter(read.value) }
}

/** Parameters that the schema has accepted, as the registry takes them. */
export function toFilter(parameters: z.output<typeof filterSchema>): ChoiceFilter {
  if (parameters.tag === undefined) return parameters
  const { tag: tags, ...rest } = parameters
  return { ...rest, tags }
}

/** Reads parameters by a strict schema; an unknown one is answered with the ones there are. */
export function readStrictly<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  parameters: Parameters,
): { readonly value: z.output<typeof schema> } | { readonly reason: string } {
  const parsed = schema.safeParse(parameters)
  if (parsed.success) return { value: parsed.data }
  const names = Object.keys(schema.shape)
  const accepted = names.length === 0 ? 'none is accepted here' : `accepted: ${names.join(', ')}`
  const reasons = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `unknown parameter ${issue.keys.map((key) => JSON.stringify(key.slice(0, 40))).join(', ')}; ${accepted}`
      : issue.message,
  )
  return { reason: [...new Set(reasons)].join('; ') }
}
