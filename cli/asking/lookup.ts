// Resolving a name as every subcommand does it: the filter options, the question to the daemon, and the outcome as a value.
// Checks what the daemon says at this edge; who is handed out is the daemon's choice.

import type { Command } from 'commander'
import { z } from 'zod'
import { RollcallError } from '../../messaging/sp/error.ts'
import type { AskOptions } from './daemon-client.ts'
import { askDaemons, readProblem } from './daemon-client.ts'
import type { ExitCode } from '../terminal/exit-code.ts'
import { exitCodes } from '../terminal/exit-code.ts'

export interface FilterOptions {
  readonly zone?: string
  readonly near?: string
  readonly tag?: readonly string[]
  readonly version?: string
}

/** What a subcommand needs of a provider; whatever else the daemon says is kept for `--json`. */
const providerSchema = z.looseObject({
  service: z.string(),
  id: z.string(),
  address: z.string(),
  protocol: z.string(),
  host: z.string(),
  port: z.number(),
  zone: z.string(),
  version: z.string(),
  status: z.string(),
})

export type HandedOut = z.infer<typeof providerSchema>

export interface Refusal {
  readonly outcome: 'REFUSED'
  /** The daemon's own code: `UNKNOWN_SERVICE`, `NO_MATCH`, `NONE_PASSING`, `WARMING_UP`, … */
  readonly code: string
  readonly status: number
  readonly message: string
}

export type LookUpOutcome = { readonly outcome: 'PROVIDER'; readonly provider: HandedOut } | Refusal

export function addFilterOptions(command: Command): Command {
  return addHardFilterOptions(command).option('--near <zone>', 'this zone if it has anyone, else the others')
}

/** Those that leave providers out, whoever else is there. */
export function addHardFilterOptions(command: Command): Command {
  return command
    .option('--zone <zone>', 'only this zone')
    .option('--tag <tag>', 'only with this tag, `!tag` for without it; may be repeated', collect)
    .option('--version <range>', 'only versions in this semver range')
}

function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value]
}

/** Asks the daemons for one provider of the name. Fails with `LOOKUP_FAILED` when none could be asked. */
export async function lookUp(
  urls: readonly string[],
  name: string,
  filter: FilterOptions,
  options: AskOptions,
): Promise<LookUpOutcome> {
  const query = new URLSearchParams()
  for (const key of ['zone', 'near', 'version'] as const) {
    const value = filter[key]
    if (value !== undefined) query.set(key, value)
  }
  for (const tag of filter.tag ?? []) query.append('tag', tag)
  const suffix = query.size === 0 ? '' : `?${query.toString()}`
  const reply = await askDaemons(urls, `/resolve/${encodeURIComponent(readName(name))}${suffix}`, options)
  if (reply.status !== 200) return { outcome: 'REFUSED', status: reply.status, ...readProblem(reply) }
  return { outcome: 'PROVIDER', provider: readReply(providerSchema, reply.body, reply.url) }
}

/** A name that can be asked for; whether its form is accepted is the daemon's to say. Fails with `NAME_INVALID`. */
export function readName(name: string): string {
  if (name.trim() !== '') return name
  throw new RollcallError('NAME_INVALID', 'the name of a service is missing: it is empty')
}

/** A body of the shape that this version knows. Fails with `LOOKUP_FAILED`. */
export function readReply<T>(schema: z.ZodType<T>, body: unknown, url: string): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const message = `${url} answers in a form that this version does not know; is it a Rollcall daemon?`
  throw new RollcallError('LOOKUP_FAILED', message, { cause: parsed.error })
}

export function exitCodeOfRefusal(refusal: Pick<Refusal, 'code' | 'status'>): ExitCode {
  if (refusal.code === 'WARMING_UP') return exitCodes.unknown
  if (['UNKNOWN_SERVICE', 'NO_MATCH', 'NONE_PASSING'].includes(refusal.code)) return exitCodes.nobody
  if (refusal.status === 400) return exitCodes.usage
  return exitCodes.error
}
