// Reads environment variables by a table of them. Promises one error that names every wrong variable, what was found and
// what is accepted, and never prints a secret. Which variables there are is said by whoever calls.

import type { z } from 'zod'
import type { PrefixedVariable, Variable, Variables } from './variable.ts'
import { RollcallError } from '../sp/error.ts'
import { isLinkNoise } from './link-noise.ts'
import { nearestName } from './nearest-name.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** As much of a pino logger as is needed. */
export interface EnvironmentLog {
  debug(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface EnvironmentOptions {
  /** Names without which nothing works. A variable with a default needs none of this. */
  readonly required?: readonly string[]
  /** By prefix, as `SERVICE_META_`. */
  readonly prefixes?: Readonly<Record<string, PrefixedVariable>>
  /** Names, or prefixes that end in `*`, of variables that do not work yet, with what to do instead. */
  readonly notYet?: Readonly<Record<string, string>>
  /** Other `ROLLCALL_*` names of the product, which are no mistake. */
  readonly known?: readonly string[]
  readonly log?: EnvironmentLog
}

type Value<V> = V extends { readonly schema: infer S extends z.ZodType }
  ? V extends { readonly default: string }
    ? z.output<S>
    : z.output<S> | undefined
  : never

export type Values<V extends Variables> = { readonly [Name in keyof V]: Value<V[Name]> }

export interface EnvironmentReading<V extends Variables> {
  readonly values: Values<V>
  /** What stood behind each prefix: `SERVICE_META_COMMIT=abc` is `{ SERVICE_META_: { COMMIT: 'abc' } }`. */
  readonly prefixed: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Fails with `ENVIRONMENT_INVALID`. A variable that is set to nothing counts as not set, as compose files leave it. */
export function readEnvironment<const V extends Variables>(
  variables: V,
  env: Environment,
  options: EnvironmentOptions = {},
): EnvironmentReading<V> {
  const { required = [], prefixes = {} } = options
  const noise = readNoise(env, variables, options)
  const present = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && value.trim() !== '' && !noise.has(name)) present.set(name, value.trim())
  }
  const wrong: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, variable] of Object.entries(variables)) {
    const found = present.get(name) ?? variable.default
    if (found === undefined) {
      if (required.includes(name)) wrong.push(describeMissing(name, variable, noise.get(name)))
      values[name] = undefined
      continue
    }
    const read = variable.schema.safeParse(found)
    if (read.success) values[name] = read.data
    else wrong.push(describeWrong(name, variable, found, read.error))
  }
  const prefixed = readPrefixed(present, variables, prefixes, wrong)
  for (const name of present.keys()) {
    const advice = findNotYet(name, options)
    if (advice !== undefined) wrong.push(`${name}: does not work yet; ${advice}`)
  }
  warnOfUnknown(present, variables, options)
  if (wrong.length > 0) throw new RollcallError('ENVIRONMENT_INVALID', wrong.join('; '))
  if (!hasEvery(values, variables)) throw new TypeError('a variable was neither read nor refused')
  return { values, prefixed }
}

/** Every name has been through its own schema: the one place where the table becomes its type. */
function hasEvery<V extends Variables>(values: Readonly<Record<string, unknown>>, variables: V): values is Values<V> {
  return Object.keys(variables).every((name) => name in values)
}

/** What was put there by Kubernetes or Docker, of the names that would mean something to us. */
function readNoise(env: Environment, variables: Variables, options: EnvironmentOptions): ReadonlyMap<string, string> {
  const noise = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !isLinkNoise(name, value)) continue
    if (!(name in variables) && !name.startsWith('ROLLCALL_') && !findPrefix(name, options)) continue
    noise.set(name, value)
    options.log?.debug(
      { variable: name, value },
      'environment variable ignored: of a Kubernetes service or a Docker link',
    )
  }
  return noise
}

function findPrefix(name: string, { prefixes = {}, notYet = {} }: EnvironmentOptions): string | undefined {
  const later = Object.keys(notYet).map((key) => (key.endsWith('*') ? key.slice(0, -1) : key))
  return [...Object.keys(prefixes), ...later].find((prefix) => name.startsWith(prefix))
}

function findNotYet(name: string, { notYet = {} }: EnvironmentOptions): string | undefined {
  const found = Object.entries(notYet).find(([key]) =>
    key.endsWith('*') ? name.startsWith(key.slice(0, -1)) : name === key,
  )
  return found?.[1]
}

function readPrefixed(
  present: ReadonlyMap<string, string>,
  variables: Variables,
  prefixes: Readonly<Record<string, PrefixedVariable>>,
  wrong: string[],
): Record<string, Record<string, string>> {
  const prefixed: Record<string, Record<string, string>> = {}
  for (const [prefix, variable] of Object.entries(prefixes)) {
    const entries: [string, string][] = []
    for (const [name, found] of present) {
      if (!name.startsWith(prefix) || name === prefix || name in variables) continue
      const read = variable.schema.safeParse(found)
      if (read.success) entries.push([name.slice(prefix.length), read.data])
      else wrong.push(describeWrong(name, variable, found, read.error))
    }
    prefixed[prefix] = Object.fromEntries(entries)
  }
  return prefixed
}

function describeWrong(
  name: string,
  variable: Pick<Variable, 'accepts' | 'isSecret'>,
  found: string,
  error: z.ZodError,
): string {
  const accepted = `accepted is ${variable.accepts}`
  if (variable.isSecret) return `${name}: found a value that is not printed, ${accepted}`
  // A reader's own sentence says more than the rule: which of several entries it was, or what to write instead.
  const own = error.issues.find(({ code }) => code === 'custom')?.message
  const reason = own === undefined ? '' : ` (${own})`
  return `${name}: found ${quote(found)}${reason}, ${accepted}`
}

function describeMissing(name: string, variable: Variable, ignored: string | undefined): string {
  const found =
    ignored === undefined ? 'not set' : `found ${quote(ignored)}, which is of a Kubernetes service or a Docker link`
  return `${name}: ${found}, accepted is ${variable.accepts}`
}

function warnOfUnknown(present: ReadonlyMap<string, string>, variables: Variables, options: EnvironmentOptions): void {
  const names = [...Object.keys(variables), ...(options.known ?? [])]
  for (const name of present.keys()) {
    if (!name.startsWith('ROLLCALL_') || names.includes(name)) continue
    if (findPrefix(name, options) !== undefined) continue
    const nearest = nearestName(name, names)
    options.log?.warn(
      { variable: name, ...(nearest === undefined ? {} : { didYouMean: nearest }) },
      'unknown environment variable is ignored',
    )
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
