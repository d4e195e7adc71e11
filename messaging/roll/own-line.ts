// A line that a process of ours says, of itself or of others, checked by the schema that its reader has.

import type { ProviderLine } from './answer.ts'
import { RollcallError } from '../sp/error.ts'
import { describeIssues, providerSchema } from './answer-schema.ts'
import { formatLine } from './answer.ts'
import { formatProviderAddress } from './provider-address.ts'

/** What a process says in one line, as long as it is so. */
export type OwnLine = ProviderLine & { readonly id: string }

export type OwnLineFields = Partial<Record<keyof ProviderLine, unknown>> & {
  readonly protocol: string
  readonly host: string
  readonly port: number
}

/** Fails with `NAME_INVALID` or `ANSWER_TOO_LARGE`. */
export function readOwnLine({ protocol, host, port, ...fields }: OwnLineFields): OwnLine {
  const address = formatProviderAddress({ protocol, host, port })
  const read = providerSchema.safeParse({ ...fields, address })
  if (!read.success) throw new RollcallError('NAME_INVALID', describeIssues(read.error), { cause: read.error })
  const { id } = read.data
  if (id === undefined) throw new RollcallError('NAME_INVALID', 'id: is missing')
  const line = { ...read.data, id }
  // With the longest host and dynamic part that may come: what fits now fits whenever it is asked for.
  const longest = { ...line, host: line.host === '' ? 'f'.repeat(45) : line.host }
  formatLine({ provider: longest, dynamic: { load: 0.33, inflight: Number.MAX_SAFE_INTEGER } })
  return line
}
