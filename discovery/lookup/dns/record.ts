// Records as they stand in a message, without their owner. Promises bytes by `dns-packet` that are made once and put into any
// number of replies; whose they are is written by reply.ts, since that depends on the question.

import type { Answer } from 'dns-packet'
import { encode } from 'dns-packet'

/** Type, class, TTL, length and data of one record. */
export type RecordBody = Buffer

/** Seconds. A lookup is wrong as soon as the roll moves: whoever keeps one goes on calling the dead. */
const answerTtl = 0

/** Seconds that "there is no such name" may be kept (RFC 2308). Long enough for those that ask in a loop, and no longer than a round. */
const negativeTtl = 1

type WithoutOwner<T> = T extends { readonly name: string } ? Omit<T, 'name'> : never

const headerBytes = 12
const rootNameBytes = 1

function createRecord(record: WithoutOwner<Answer>): RecordBody {
  return encode({ answers: [{ ...record, name: '.' }] }).subarray(headerBytes + rootNameBytes)
}

export function createAddressRecord(ip: string): RecordBody {
  return createRecord({ type: ip.includes(':') ? 'AAAA' : 'A', ttl: answerTtl, data: ip })
}

export function createNameRecord(type: 'CNAME' | 'PTR' | 'NS', name: string): RecordBody {
  return createRecord({ type, ttl: answerTtl, data: name })
}

export function createSrvRecord(data: {
  readonly target: string
  readonly port: number
  readonly weight: number
}): RecordBody {
  return createRecord({ type: 'SRV', ttl: answerTtl, data: { ...data, priority: 0 } })
}

/** Texts of at most 255 bytes. */
export function createTxtRecord(texts: readonly string[]): RecordBody {
  return createRecord({ type: 'TXT', ttl: answerTtl, data: [...texts] })
}

/** What a question for everything gets: RFC 8482, section 4.2. */
export function createAnyRecord(): RecordBody {
  return createRecord({ type: 'HINFO', ttl: answerTtl, data: { cpu: 'RFC8482', os: '' } })
}

/** `serial` moves with the roll. There are no secondaries: the times of a transfer mean nothing here. */
export function createSoaRecord(domain: string, serial: number): RecordBody {
  const times = { refresh: 3600, retry: 600, expire: 86_400, minimum: negativeTtl }
  const data = { mname: `ns.${domain}`, rname: `hostmaster.${domain}`, serial: serial % 2 ** 32, ...times }
  return createRecord({ type: 'SOA', ttl: negativeTtl, data })
}
