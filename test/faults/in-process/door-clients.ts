// Lookups by every door of a simulated daemon, each told in the words of a history.

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pipe, Requester } from '../../../messaging/sp/engine.ts'
import { RollcallError } from '../../../messaging/sp/error.ts'
import { ask } from '../../fixtures/dns.ts'
import type { LookupAnswer } from '../history.ts'
import type { SimDaemon } from './sim-daemon.ts'

const provider = z.object({ address: z.string() })
const problem = z.object({ code: z.string() })
const instance = provider.extend({ id: z.string(), state: z.string() })
const list = z.object({
  instances: z.array(
    instance.extend({ roundTripMs: z.number(), lastAnswerAgeMs: z.number(), lastAnswerAt: z.string() }),
  ),
})
const consulList = z.array(z.object({ Service: z.object({ ID: z.string(), Address: z.string(), Port: z.number() }) }))
const health = z.object({
  isReady: z.boolean(),
  isFrozen: z.boolean(),
  counts: z.object({ conflicts: z.number() }),
  refusedLines: z.record(z.string(), z.number()),
})

export interface Listed {
  readonly answer: LookupAnswer
  /** The longest round trip, and the daemon's time of day; undefined where nobody is listed. */
  readonly roundTripMs: number
  readonly dateMs: number | undefined
}

export async function resolveOverHttp({ app }: SimDaemon, service: string): Promise<LookupAnswer> {
  const { status, body } = await get(app, `/resolve/${service}`)
  if (status !== 200) return readProblem(body)
  return { outcome: 'PROVIDERS', providers: [{ address: provider.parse(body).address }] }
}

export async function listOverHttp({ app }: SimDaemon, service: string): Promise<Listed> {
  const { status, body } = await get(app, `/services/${service}`)
  if (status !== 200) return { answer: readProblem(body), roundTripMs: 0, dateMs: undefined }
  const { instances } = list.parse(body)
  const [first] = instances
  return {
    answer: answerWith(instances.map(({ id, address, state }) => ({ id, address, state }))),
    roundTripMs: Math.max(0, ...instances.map(({ roundTripMs }) => roundTripMs)),
    dateMs: first && Date.parse(first.lastAnswerAt) + first.lastAnswerAgeMs,
  }
}

export async function resolveOverConsul({ app }: SimDaemon, service: string): Promise<LookupAnswer> {
  const { status, body } = await get(app, `/v1/health/service/${service}?passing`)
  if (status !== 200) return { outcome: 'WARMING_UP' }
  return answerWith(
    consulList
      .parse(body)
      .map(({ Service }) => ({ id: Service.ID, address: `tcp://${Service.Address}:${Service.Port}` })),
  )
}

export function resolveOverDns({ resolveName }: SimDaemon, service: string): LookupAnswer {
  const { rcode, answers } = ask(resolveName, { name: `${service}.service.rollcall`, type: 'SRV', transport: 'tcp' })
  if (rcode === 'NXDOMAIN') return { outcome: 'NOBODY' }
  if (rcode !== 'NOERROR') return { outcome: 'WARMING_UP' }
  if (answers.length === 0) return { outcome: 'NONE_PASSING' }
  const targets = answers.flatMap((record) => (record.type === 'SRV' ? [record.data] : []))
  return answerWith(
    targets.map(({ target, port }) => ({ address: `tcp://${target.split('.')[0]?.replaceAll('-', '.')}:${port}` })),
  )
}

export async function resolveOverSp(requester: Requester, pipe: Pipe, service: string): Promise<LookupAnswer> {
  let text: string
  try {
    const reply = await requester.request(Buffer.from(`resolve ${service}`), { pipe, timeoutMs: 1_000, resend: false })
    text = reply.toString()
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    return { outcome: 'FAILED', reason: error.code }
  }
  const [, address] = text.split('|')
  if (address !== undefined && !text.startsWith('error ')) return answerWith([{ address }])
  return readCode(/^error (\S+)/.exec(text)?.[1]?.toUpperCase().replaceAll('-', '_') ?? text)
}

export async function askHealth({ app }: SimDaemon) {
  const { isReady, isFrozen, counts, refusedLines } = health.parse((await get(app, '/health')).body)
  const refused = Object.values(refusedLines).reduce((sum, count) => sum + count, 0)
  return { isReady, isFrozen, conflicts: counts.conflicts, refusedLines: refused }
}

async function get(app: FastifyInstance, url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const { statusCode, payload } = await app.inject({ url })
  return { status: statusCode, body: JSON.parse(payload) }
}

function answerWith(providers: Extract<LookupAnswer, { outcome: 'PROVIDERS' }>['providers']): LookupAnswer {
  return providers.length === 0 ? { outcome: 'NOBODY' } : { outcome: 'PROVIDERS', providers }
}

function readProblem(body: unknown): LookupAnswer {
  return readCode(problem.parse(body).code)
}

function readCode(code: string): LookupAnswer {
  if (code === 'UNKNOWN_SERVICE' || code === 'NO_MATCH') return { outcome: 'NOBODY' }
  if (code === 'NONE_PASSING' || code === 'WARMING_UP') return { outcome: code }
  return { outcome: 'FAILED', reason: code }
}
