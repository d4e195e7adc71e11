// What each door of a daemon says, in the words of a history: who, nobody, none passing, or not yet; whatever else is a lookup that failed. Pure, and the
// same whether the door is asked in memory or over a network.

import { z } from 'zod'
import type { Choice, FeedInstance, NotKnown } from '../../messaging/index.ts'
import { readAnswer } from '../../messaging/roll/answer.ts'
import { formatProviderAddress } from '../../messaging/roll/provider-address.ts'
import type { DnsReply } from '../fixtures/dns.ts'
import type { HistoryRecord, LookupAnswer, LookupRecord } from './history.ts'

export interface HttpReply {
  readonly status: number
  readonly body: unknown
}

type Told = Extract<LookupAnswer, { outcome: 'PROVIDERS' }>['providers']

const provider = z.object({ id: z.string(), address: z.string() })
const problem = z.object({ code: z.string() })
const instance = provider.extend({
  state: z.string(),
  roundTripMs: z.number(),
  lastAnswerAgeMs: z.number(),
  lastAnswerAt: z.string(),
})
const list = z.object({ isComplete: z.boolean(), instances: z.array(instance) })
const consulEntries = z.array(
  z.object({ Service: z.object({ ID: z.string(), Address: z.string(), Port: z.number() }) }),
)
const health = z.object({
  isReady: z.boolean(),
  isFrozen: z.boolean(),
  lagMs: z.number(),
  counts: z.object({ conflicts: z.number() }),
  refusedLines: z.record(z.string(), z.number()),
  watch: z.object({ slowReadersCutOff: z.number() }),
})

export function readResolve(reply: HttpReply): LookupAnswer {
  return reply.status === 200 ? answerWith([provider.parse(reply.body)]) : readProblem(reply)
}

export interface Listed {
  readonly answer: LookupAnswer
  /** The longest round trip, and the daemon's time of day; undefined where nobody is listed. */
  readonly roundTripMs: number
  readonly dateMs: number | undefined
}

export function readList(reply: HttpReply): Listed {
  if (reply.status !== 200) return { answer: readProblem(reply), roundTripMs: 0, dateMs: undefined }
  const { isComplete, instances } = list.parse(reply.body)
  const [first] = instances
  const told = instances.map(({ id, address, state }) => ({ id, address, state }))
  return {
    answer: told.length > 0 || isComplete ? answerWith(told) : { outcome: 'WARMING_UP' },
    roundTripMs: Math.max(0, ...instances.map(({ roundTripMs }) => roundTripMs)),
    dateMs: first && Date.parse(first.lastAnswerAt) + first.lastAnswerAgeMs,
  }
}

/** An unknown name is an empty list there, and 503 while the daemon does not know; with `?passing` nobody who passes is an empty list as well, which
 * alone denies nobody. `protocol`: it does not say how its instances are spoken to. */
export function readConsul({ status, body }: HttpReply, protocol: string, asked: LookupRecord['asked']): LookupAnswer {
  if (status === 503) return { outcome: 'WARMING_UP' }
  if (status !== 200) return { outcome: 'FAILED', reason: String(status) }
  const entries = consulEntries.parse(body)
  if (entries.length === 0 && asked === 'resolve') return { outcome: 'NONE_PASSING' }
  return answerWith(
    entries.map(({ Service: { ID: id, Address: host, Port: port } }) => {
      return { id, address: `${protocol}://${host}:${port}` }
    }),
  )
}

/** Of a question for SRV: the names of those that are there begin with their addresses. */
export function readDns({ rcode, answers }: DnsReply, protocol: string): LookupAnswer {
  if (rcode === 'NXDOMAIN') return { outcome: 'NOBODY' }
  if (rcode === 'SERVFAIL') return { outcome: 'WARMING_UP' }
  if (rcode !== 'NOERROR') return { outcome: 'FAILED', reason: rcode }
  const targets = answers.flatMap((record) => (record.type === 'SRV' ? [record.data] : []))
  if (targets.length === 0) return { outcome: 'NONE_PASSING' }
  return answerWith(
    targets.map(({ target, port }) => {
      return { address: `${protocol}://${target.split('.')[0]?.replaceAll('-', '.')}:${port}` }
    }),
  )
}

/** Of `resolve NAME` and `services NAME`. */
export function readSp(reply: Uint8Array): LookupAnswer {
  const error = /^error (\S+)/.exec(Buffer.from(reply).toString())?.[1]
  if (error !== undefined) return readCode(error.toUpperCase().replaceAll('-', '_'))
  const { lines } = readAnswer(Buffer.from(reply))
  return answerWith(
    lines.map(({ provider: line }) => {
      return { address: formatProviderAddress(line), ...(line.id !== undefined && { id: line.id }) }
    }),
  )
}

/** What a follower would hand out. */
export function readChoice(choice: Choice<FeedInstance> | NotKnown | undefined): LookupAnswer {
  if (choice?.outcome === 'PROVIDER') return answerWith([{ id: choice.instance.id, address: choice.instance.address }])
  return readCode(choice?.outcome ?? 'NOT_KNOWN')
}

/** What a follower knows of a name; undefined: nothing yet. */
export function readFollowed(instances: readonly FeedInstance[] | undefined): LookupAnswer {
  if (!instances) return { outcome: 'FAILED', reason: 'NOT_KNOWN' }
  return answerWith(instances.map(({ id, address, state }) => ({ id, address, state })))
}

type Health = Extract<HistoryRecord, { type: 'health' }>

export interface ReadHealth extends Pick<
  Health,
  'isReady' | 'isFrozen' | 'conflicts' | 'refusedLines' | 'slowReadersCutOff'
> {
  /** How late its own timers were in the last round. */
  readonly lagMs: number
}

export function readHealth(body: unknown): ReadHealth {
  const { isReady, isFrozen, lagMs, counts, refusedLines, watch } = health.parse(body)
  const refused = Object.values(refusedLines).reduce((sum, count) => sum + count, 0)
  const { slowReadersCutOff } = watch
  return { isReady, isFrozen, lagMs, conflicts: counts.conflicts, refusedLines: refused, slowReadersCutOff }
}

function answerWith(providers: Told): LookupAnswer {
  return providers.length === 0 ? { outcome: 'NOBODY' } : { outcome: 'PROVIDERS', providers }
}

function readProblem({ body }: HttpReply): LookupAnswer {
  return readCode(problem.parse(body).code)
}

function readCode(code: string): LookupAnswer {
  if (code === 'UNKNOWN_SERVICE' || code === 'NO_MATCH') return { outcome: 'NOBODY' }
  if (code === 'NONE_PASSING' || code === 'WARMING_UP') return { outcome: code }
  return { outcome: 'FAILED', reason: code }
}
