// What Consul's clients ask with. Promises each parameter that changes an answer checked or refused in words; those that have no meaning here
// (`stale`, `consistent`, `cached`, `token`, `ns` and the like) are ignored, since clients send them unasked.

import { z } from 'zod'
import type { Parameters } from '../../choice-filter.ts'
import { readDurationMs } from '../../duration.ts'
import type { Predicate } from './expression.ts'
import { readExpression } from './expression.ts'

/** As Consul has it. */
const defaultWaitMs = 300_000

const once = (name: string) => z.string(`${name} is given more than once`)

const blockingShape = {
  dc: once('dc').meta({ description: 'the datacenter: that of this daemon, or none' }).exactOptional(),
  index: once('index')
    .regex(/^\d{1,20}$/, 'index is not a whole number')
    .meta({ description: 'waits until X-Consul-Index is another' })
    .exactOptional(),
  wait: once('wait')
    .meta({ description: 'how long to wait at most, such as 10s; 5m by default, 10m at most' })
    .transform((text, context) => {
      const waitMs = readDurationMs(text)
      if (waitMs === undefined) context.addIssue('wait is not a duration such as 10s or 5m')
      return waitMs ?? 0
    })
    .exactOptional(),
}

const filterShape = {
  filter: once('filter')
    .meta({ description: 'an expression over ServiceTags, ServiceMeta, ServiceID, ServiceAddress, ServicePort' })
    .transform((text, context): Predicate => {
      const read = readExpression(text)
      if ('predicate' in read) return read.predicate
      context.addIssue(read.reason)
      return () => false
    })
    .exactOptional(),
}

const serviceShape = {
  ...filterShape,
  tag: z
    .union([z.string(), z.array(z.string())])
    .meta({ description: 'only with this tag; several are all asked for' })
    .exactOptional(),
  near: once('near')
    .meta({ description: 'those of this zone or node first; _agent is the zone of this daemon' })
    .exactOptional(),
}

export const listQuery = z.object(blockingShape)
export const checksQuery = z.object({ ...blockingShape, ...filterShape })
export const catalogServiceQuery = z.object({ ...blockingShape, ...serviceShape })
export const healthServiceQuery = z.object({
  ...blockingShape,
  ...serviceShape,
  passing: once('passing')
    .meta({ description: 'only whom a lookup may hand out now' })
    .transform((text) => text !== 'false' && text !== '0')
    .exactOptional(),
})

export interface Blocking {
  readonly dc?: string
  readonly index?: string
  readonly wait?: number
}

export function readWaitMs({ wait }: Blocking): number {
  return wait === undefined || wait === 0 ? defaultWaitMs : wait
}

export function readQuery<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape>,
  parameters: Parameters,
): { readonly value: z.output<typeof schema> } | { readonly reason: string } {
  const parsed = schema.safeParse(parameters)
  if (parsed.success) return { value: parsed.data }
  return { reason: parsed.error.issues.map(({ message }) => message).join('; ') }
}
