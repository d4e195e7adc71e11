// What one environment variable is: name, schema, default, and the words for the README table, `--help` and the error.
// The schema takes the text as found; every reader below says in words exactly what it accepts.

import { z } from 'zod'
import { readServiceName } from './name.ts'

export interface Variable<T = unknown> {
  /** One line, for the README table and `--help`. */
  readonly description: string
  /** Completes "accepted is …". */
  readonly accepts: string
  readonly schema: z.ZodType<T, string>
  /** As one would write it. Without one the variable may be absent, and is undefined then. */
  readonly default?: string
  /** Never printed. */
  readonly isSecret?: boolean
}

export type Variables = Readonly<Record<string, Variable>>

/** Any number of variables that begin alike, such as `SERVICE_META_*`. */
export interface PrefixedVariable {
  readonly description: string
  readonly accepts: string
  readonly schema: z.ZodType<string, string>
}

/** What the schema of a variable is made of. */
export type Kind<T> = Pick<Variable<T>, 'accepts' | 'schema'>

export function wholeNumber({ min, max, unit }: { min: number; max: number; unit?: string }): Kind<number> {
  const schema = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max))
  return { accepts: `a whole number${unit === undefined ? '' : ` of ${unit}`} from ${min} to ${max}`, schema }
}

export function oneOf<const T extends string>(values: readonly [T, ...T[]]): Kind<T> {
  return { accepts: `one of ${values.join(', ')}`, schema: z.string().pipe(z.enum(values)) }
}

export function words(accepts: string, schema: z.ZodType<string, string>): Kind<string> {
  return { accepts, schema }
}

export const serviceName: Kind<string> = {
  accepts: '1 to 63 of a-z, 0-9, - and _, with a letter or digit at both ends',
  schema: z.string().transform((text, context) => {
    const read = readServiceName(text)
    if ('name' in read) return read.name
    context.addIssue(read.reason)
    return z.NEVER
  }),
}

/** `a, b,,c` is a, b and c. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
