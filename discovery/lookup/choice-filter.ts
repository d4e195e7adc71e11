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

const filterSchema = z.strictObject({
  zone: single('zone').exactOptional(),
  near: single('near').exactOptional(),
  tag: z.preprocess(splitTags, z.array(tag)).exactOptional(),
  version: single('version')
    .refine((range) => validRange(range) !== null, 'version is not a semver range such as ^1.4 or ">=1.4 <2"')
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
  if ('reason' in read) return read
  const { tag: tags, ...rest } = read.value
  return { filter: tags === undefined ? rest : { ...rest, tags } }
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
