// The records of those who may be handed out under one name and filter. Promises that each is made once for as long as the same
// may be handed out: a lookup then only puts them in order.

import type { Instance } from '../../registry/instance.ts'
import type { RecordBody } from './record.ts'
import { readAddressLabel } from './address-name.ts'
import { createAddressRecord, createSrvRecord, createTxtRecord } from './record.ts'

export interface WeighedRecord {
  readonly body: RecordBody
  readonly weight: number
}

export interface ServiceRecord extends WeighedRecord {
  /** Of the target, where that is a name of ours; the same object for the same target. */
  readonly address: TargetAddress | undefined
}

/** What goes with an SRV record whose target is an address. */
export interface TargetAddress {
  readonly body: RecordBody
}

/** Each list is made when it is first asked for. */
export class ProviderRecords {
  readonly #instances: readonly Instance[]
  readonly #domain: string
  readonly #addresses = new Map<string, TargetAddress & { readonly isV6: boolean; weight: number }>()
  #a: readonly WeighedRecord[] | undefined
  #aaaa: readonly WeighedRecord[] | undefined
  #srv: readonly ServiceRecord[] | undefined
  #txt: readonly WeighedRecord[] | undefined

  constructor(instances: readonly Instance[], domain: string) {
    this.#instances = instances
    this.#domain = domain
    for (const { host, weight } of instances) {
      if (readAddressLabel(host) === undefined) continue
      const known = this.#addresses.get(host)
      // An address stands in an answer once, with the weight of all who are there.
      if (known) known.weight += weight
      else this.#addresses.set(host, { body: createAddressRecord(host), isV6: host.includes(':'), weight })
    }
  }

  /** False where everyone is known by a host name. */
  get hasAddresses(): boolean {
    return this.#addresses.size > 0
  }

  get a(): readonly WeighedRecord[] {
    return (this.#a ??= [...this.#addresses.values()].filter(({ isV6 }) => !isV6))
  }

  get aaaa(): readonly WeighedRecord[] {
    return (this.#aaaa ??= [...this.#addresses.values()].filter(({ isV6 }) => isV6))
  }

  get srv(): readonly ServiceRecord[] {
    return (this.#srv ??= this.#instances.map(({ host, port, weight }) => {
      const label = readAddressLabel(host)
      const target = label === undefined ? host : `${label}.addr.${this.#domain}`
      return { body: createSrvRecord({ target, port, weight }), weight, address: this.#addresses.get(host) }
    }))
  }

  get txt(): readonly WeighedRecord[] {
    return (this.#txt ??= this.#instances.map((instance) => ({
      body: createTxtRecord(describe(instance)),
      weight: instance.weight,
    })))
  }
}

const maxTextBytes = 255

/** `key=value`, as in RFC 6763 section 6; what is too long for a text of DNS is left out. */
function describe({ id, address, zone, version, tags, meta }: Instance): string[] {
  const texts = [`id=${id}`, `address=${address}`]
  if (zone !== '') texts.push(`zone=${zone}`)
  if (version !== '') texts.push(`version=${version}`)
  for (const tag of tags) texts.push(`tag=${tag}`)
  for (const [key, value] of Object.entries(meta)) texts.push(`meta.${key}=${value}`)
  return texts.filter((text) => Buffer.byteLength(text) <= maxTextBytes)
}
