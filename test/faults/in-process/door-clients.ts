// Lookups by every door of a simulated daemon, each asked in memory.

import type { Pipe, Requester } from '../../../messaging/sp/engine.ts'
import { RollcallError } from '../../../messaging/sp/error.ts'
import { ask } from '../../fixtures/dns.ts'
import type { HttpReply, Listed } from '../door-answers.ts'
import { readConsul, readDns, readHealth, readList, readResolve, readSp } from '../door-answers.ts'
import type { LookupAnswer } from '../history.ts'
import type { SimDaemon } from './sim-daemon.ts'

/** How every simulated instance is spoken to. */
const protocol = 'tcp'

export async function resolveOverHttp(daemon: SimDaemon, service: string): Promise<LookupAnswer> {
  return readResolve(await get(daemon, `/resolve/${service}`))
}

export async function listOverHttp(daemon: SimDaemon, service: string): Promise<Listed> {
  return readList(await get(daemon, `/services/${service}`))
}

export async function resolveOverConsul(daemon: SimDaemon, service: string): Promise<LookupAnswer> {
  return readConsul(await get(daemon, `/v1/health/service/${service}?passing`), protocol, 'resolve')
}

export function resolveOverDns({ resolveName }: SimDaemon, service: string): LookupAnswer {
  return readDns(ask(resolveName, { name: `${service}.service.rollcall`, type: 'SRV', transport: 'tcp' }), protocol)
}

export async function resolveOverSp(requester: Requester, pipe: Pipe, service: string): Promise<LookupAnswer> {
  try {
    return readSp(await requester.request(Buffer.from(`resolve ${service}`), { pipe, timeoutMs: 1_000, resend: false }))
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    return { outcome: 'FAILED', reason: error.code }
  }
}

export async function askHealth(daemon: SimDaemon) {
  const { lagMs: _, ...health } = readHealth((await get(daemon, '/health')).body)
  return { ...health, slowReadersCutOff: daemon.watchDoor.counts.slowReadersCutOff }
}

async function get({ app }: SimDaemon, url: string): Promise<HttpReply> {
  const { statusCode, payload } = await app.inject({ url })
  return { status: statusCode, body: JSON.parse(payload) }
}
