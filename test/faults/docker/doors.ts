// Lookups of one daemon as its clients make them, each over its own network protocol.

import type { Engine, Requester } from '../../../messaging/sp/engine.ts'
import type { Keyring } from '../../../messaging/keys/keyring.ts'
import type { HttpReply } from '../door-answers.ts'
import type { LookupAnswer, LookupRecord } from '../history.ts'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import type { DnsReply } from '../../fixtures/dns.ts'
import { readReply, writeQuestion } from '../../fixtures/dns.ts'
import { readConsul, readDns, readList, readResolve, readSp } from '../door-answers.ts'

export type Answered = Pick<LookupRecord, 'answer' | 'isFrozen'>

export interface Ask extends Pick<LookupRecord, 'door' | 'asked'> {
  readonly ask: (service: string) => Promise<Answered>
}

export interface Doors {
  readonly host: string
  /** By door, and whether whoever may be handed out is asked for, or everyone. */
  readonly asks: readonly Ask[]
  readonly http: (path: string) => Promise<HttpReply>
}

export interface DoorsOptions {
  readonly host: string
  readonly address: string
  readonly engine: Engine
  readonly keyring: Keyring
  /** How the instances of a service are spoken to: DNS and Consul do not say. */
  readonly protocolOf: (service: string) => string
}

/** Longer than any answer takes of a daemon that answers. */
const patienceMs = 2_000

interface NetworkReply extends HttpReply {
  readonly isFrozen: boolean
}

export function openDoors({ host, address, engine, keyring, protocolOf }: DoorsOptions): Doors {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const requester = engine.createRequester()
  engine.dial(`tls+tcp://${address}:5555`, requester, { credentials: keyring.dialCredentials({ call: 'answer' }) })

  const http = (path: string) => getJson(agent, address, path)
  const over = (path: (service: string) => string, read: (reply: HttpReply, service: string) => LookupAnswer) => {
    return async (service: string): Promise<Answered> => {
      const reply = await http(path(service))
      return { answer: read(reply, service), isFrozen: reply.isFrozen }
    }
  }
  const consul = (asked: 'resolve' | 'list', query: string) => {
    const read = (reply: HttpReply, service: string) => readConsul(reply, protocolOf(service), asked)
    return { door: 'consul', asked, ask: over((service) => `/v1/health/service/${service}${query}`, read) } as const
  }
  const sp = (word: string) => async (service: string) => ({ answer: readSp(await askSp(requester, word, service)) })
  return {
    host,
    http,
    asks: [
      { door: 'http', asked: 'resolve', ask: over((service) => `/resolve/${service}`, readResolve) },
      {
        door: 'http',
        asked: 'list',
        ask: over(
          (service) => `/services/${service}`,
          (reply) => readList(reply).answer,
        ),
      },
      consul('resolve', '?passing'),
      consul('list', ''),
      {
        door: 'dns',
        asked: 'resolve',
        ask: async (service) => ({ answer: readDns(await askDns(address, service), protocolOf(service)) }),
      },
      { door: 'sp', asked: 'resolve', ask: sp('resolve') },
      { door: 'sp', asked: 'list', ask: sp('services') },
    ],
  }
}

function getJson(agent: Agent, host: string, path: string): Promise<NetworkReply> {
  const signal = AbortSignal.timeout(patienceMs)
  return new Promise((resolve, reject) => {
    const request = get({ agent, host, port: 8500, path, signal }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.once('error', reject)
      response.once('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, body: JSON.parse(text), isFrozen: headers['rollcall-frozen'] === 'true' })
      })
    })
    request.once('error', reject)
  })
}

async function askDns(host: string, service: string): Promise<DnsReply> {
  const socket = createSocket('udp4')
  try {
    socket.send(writeQuestion({ name: `${service}.service.rollcall`, type: 'SRV', ednsBytes: 4_096 }), 8600, host)
    const [message] = await once(socket, 'message', { signal: AbortSignal.timeout(patienceMs) })
    return readReply(message)
  } finally {
    socket.close()
  }
}

function askSp(requester: Requester, word: string, service: string): Promise<Uint8Array> {
  // Asked once: what is sent again to a daemon that came back is another lookup.
  return requester.request(Buffer.from(`${word} ${service}`), { timeoutMs: patienceMs, resend: false })
}
