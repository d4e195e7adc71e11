// What the daemon says to a question: the one choice of every door (DESIGN.md section 4) as records. Promises NXDOMAIN only for what is
// known not to be there, NODATA (no error, no records) for a name that is there and has nothing of that type, and SERVFAIL for what is
// not known yet. All of a name critical or draining is NODATA: the daemon knows, and a client that is told SERVFAIL would keep to
// what it had, or ask elsewhere for what is the same everywhere.

import type { Instance } from '../../registry/instance.ts'
import type { ChoiceFilter } from '../../../messaging/roll/choose.ts'
import type { RollReader } from '../roll-reader.ts'
import type { Query } from './query.ts'
import type { RecordBody } from './record.ts'
import type { Answer, AnswerRecord } from './reply.ts'
import type { ZoneName } from './zone-name.ts'
import { createAddressesOnRoll } from './addresses-on-roll.ts'
import { ProviderRecords } from './provider-records.ts'
import { orderAtRandom } from './random-order.ts'
import { createAddressRecord, createAnyRecord, createNameRecord, createSoaRecord } from './record.ts'
import { readZoneName } from './zone-name.ts'

export interface ZoneOptions {
  readonly reader: RollReader
  /** Without a dot at the end, in lower case. */
  readonly domain: string
  /** Where the daemon itself is reached. */
  readonly ownAddresses: readonly string[]
  readonly random: () => number
}

type ServiceName = Extract<ZoneName, { readonly kind: 'service' }>

const refused: Answer = Object.freeze({ rcode: 'REFUSED', isAuthoritative: false, records: [] })
const notImplemented: Answer = Object.freeze({ ...refused, rcode: 'NOTIMP' })
const badVersion: Answer = Object.freeze({ ...refused, rcode: 'BADVERS' })
const unknownYet: Answer = Object.freeze({ ...refused, rcode: 'SERVFAIL' })
const anyRecord: AnswerRecord = Object.freeze({ body: createAnyRecord() })

/** Transfers, and what only a resolver has. */
const refusedTypes: ReadonlySet<string> = new Set(['AXFR', 'IXFR'])

export function createZone(options: ZoneOptions): (query: Query) => Answer {
  const { reader, domain, random } = options
  const domainLabels = domain.split('.')
  const findAddress = createAddressesOnRoll(reader)
  /** By what the choice gives, which is the same until something changes. */
  const recordsOf = new WeakMap<readonly Instance[], ProviderRecords>()
  const nameServer: AnswerRecord = { body: createNameRecord('NS', `ns.${domain}`) }
  const own = options.ownAddresses.map((ip) => ({ ip, body: createAddressRecord(ip) }))
  let soa: { readonly sequence: number; readonly body: RecordBody } | undefined

  function currentSoa(): RecordBody {
    const { sequence } = reader.changes
    if (soa?.sequence !== sequence) soa = { sequence, body: createSoaRecord(domain, sequence) }
    return soa.body
  }

  /** No records are NODATA. */
  function answerWith(records: readonly AnswerRecord[], ownerLabels = domainLabels.length): Answer {
    if (records.length > 0) return { rcode: 'NOERROR', isAuthoritative: true, records }
    return { rcode: 'NOERROR', isAuthoritative: true, records, soa: { body: currentSoa(), ownerLabels } }
  }

  function deny(): Answer {
    return { ...answerWith([]), rcode: 'NXDOMAIN' }
  }

  /** A name without records of most types. */
  function answerPlain(
    type: string,
    records: Readonly<Record<string, readonly AnswerRecord[]>>,
    ownerLabels?: number,
  ): Answer {
    if (type === 'ANY') return answerWith([anyRecord], ownerLabels)
    return answerWith(Object.hasOwn(records, type) ? (records[type] ?? []) : [], ownerLabels)
  }

  function answerService({ service, filter, isRfc2782 }: ServiceName, type: string): Answer {
    const wide = reader.lookupAll(
      service,
      respellFilter(filter, () => reader.instances(service)),
    )
    if (wide.outcome === 'WARMING_UP') return unknownYet
    if (wide.outcome === 'NONE_PASSING') return answerWith([])
    if (wide.outcome !== 'PROVIDERS') return deny()
    if (type === 'ANY') return answerWith([anyRecord])
    let records = recordsOf.get(wide.instances)
    if (!records) {
      records = new ProviderRecords(wide.instances, domain)
      recordsOf.set(wide.instances, records)
    }
    if (type === 'SRV') return answerWith(orderAtRandom(records.srv, random))
    if (type === 'TXT') return answerWith(orderAtRandom(records.txt, random))
    if (isRfc2782) return answerWith([])
    if (type === 'A' || type === 'AAAA' || type === 'CNAME') {
      if (!records.hasAddresses) return answerWith(drawAlias(wide.instances))
      if (type !== 'CNAME') return answerWith(orderAtRandom(type === 'A' ? records.a : records.aaaa, random))
    }
    return answerWith([])
  }

  /** A name has one other name at the most. */
  function drawAlias(instances: readonly Instance[]): AnswerRecord[] {
    return orderAtRandom(instances, random)
      .slice(0, 1)
      .map(({ host }) => ({ body: createNameRecord('CNAME', host) }))
  }

  function answerAddress(label: string, type: string): Answer {
    const address = findAddress(label)
    if (!address) return reader.isReady ? deny() : unknownYet
    return answerPlain(type, { [typeOf(address.ip)]: [{ body: createAddressRecord(address.ip) }] })
  }

  /** Whose addresses are on the roll is ours to speak of, one by one; whatever else there is in arpa is not. */
  function answerReverse(label: string, type: string, ownerLabels: number): Answer {
    const address = findAddress(label)
    if (!address) return reader.isReady ? refused : unknownYet
    const names = [...address.services].map((service) => ({
      body: createNameRecord('PTR', `${service}.service.${domain}`),
    }))
    return answerPlain(type, { PTR: names, SOA: [{ body: currentSoa() }] }, ownerLabels)
  }

  return ({ labels, type, class: family, edns }) => {
    if (edns && edns.version !== 0) return badVersion
    if (family !== 'IN' || refusedTypes.has(type)) return refused
    if (type === 'OPT') return notImplemented
    const name = readZoneName(labels, domainLabels)
    switch (name.kind) {
      case 'service':
        return answerService(name, type)
      case 'address':
        return answerAddress(name.label, type)
      case 'reverse':
        return answerReverse(name.label, type, labels.length)
      case 'apex':
        return answerPlain(type, { SOA: [{ body: currentSoa() }], NS: [nameServer] })
      case 'name-server':
        return answerPlain(type, {
          A: own.filter(({ ip }) => typeOf(ip) === 'A'),
          AAAA: own.filter(({ ip }) => typeOf(ip) === 'AAAA'),
        })
      case 'between':
        return answerWith([])
      case 'nothing':
        return deny()
      default:
        return refused
    }
  }
}

function typeOf(ip: string): 'A' | 'AAAA' {
  return ip.includes(':') ? 'AAAA' : 'A'
}

/** Names of DNS have no case, tags and zones have: where none is written as it is asked for, one that is written otherwise is meant. */
function respellFilter(filter: ChoiceFilter, instances: () => readonly Instance[]): ChoiceFilter {
  const { zone, near, tags } = filter
  if (zone === undefined && near === undefined && tags === undefined) return filter
  const zones = instances().map((instance) => instance.zone)
  const allTags = instances().flatMap((instance) => instance.tags)
  return {
    ...(zone !== undefined && { zone: respell(zone, zones) }),
    ...(near !== undefined && { near: respell(near, zones) }),
    ...(tags && { tags: tags.map((tag) => respell(tag, allTags)) }),
  }
}

function respell(label: string, texts: readonly string[]): string {
  return texts.includes(label) ? label : (texts.find((text) => text.toLowerCase() === label) ?? label)
}
