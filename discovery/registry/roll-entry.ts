// One instance on the roll as the registry keeps it. What it says of itself never changes in an entry: a changed line
// makes a new one, so that whatever a door has made of an entry stays true. What is known of it beside changes in place.

import type { AnswerLine } from '../../messaging/roll/answer.ts'
import type { FilledAddress } from './fill-address.ts'
import type { Instance, InstanceState, LoggedInstance, Provider } from './instance.ts'
import type { PipeRecord } from './pipe-record.ts'
import { groupOf } from './group.ts'

export interface EntryClaim {
  readonly record: PipeRecord
  readonly line: AnswerLine
  readonly filled: FilledAddress
  /** As the line claims, or with `~2` where two living processes claim the same. */
  readonly id: string
  readonly claimedId: string
}

export class RollEntry implements Instance {
  readonly group: string
  readonly service: string
  readonly id: string
  readonly address: string
  readonly protocol: string
  readonly host: string
  readonly port: number
  readonly zone: string
  readonly version: string
  readonly weight: number
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly status: Provider['status']
  readonly kind: Provider['kind']
  readonly by: string | undefined
  readonly boot: string | undefined
  readonly unsure: boolean
  readonly text: string
  readonly claimedId: string

  state: InstanceState = 'alive'
  lastAnswerMs: number
  roundTripMs = 0
  misses = 0
  load: number | undefined
  inflight: number | undefined
  /** Since when it has been alive without a break. */
  aliveSinceMs: number
  /** The last round that it was heard in. */
  lastRound = 0
  /** The number of the last answer of its pipe that named it. */
  lastAnswer: number | undefined
  /** All that claim its id now, itself included: more than one is a conflict. */
  claimants: ReadonlySet<RollEntry> = new Set()
  /** Who speaks for it; undefined once that pipe is closed. */
  pipe: PipeRecord | undefined
  /** Other pipes of the same process, each of which could speak for it. */
  readonly alternates = new Set<PipeRecord>()
  /** When it is gone for good, once detached. */
  goneAtMs: number | undefined

  constructor({ record, line: { text, provider }, filled, id, claimedId }: EntryClaim, nowMs: number) {
    this.group = groupOf(provider)
    this.service = provider.service
    this.id = id
    this.address = filled.address
    this.protocol = provider.protocol
    this.host = filled.host
    this.port = provider.port
    this.zone = provider.zone
    this.version = provider.version
    this.weight = provider.weight
    this.tags = provider.tags
    this.meta = provider.meta
    this.status = provider.status
    this.kind = provider.kind
    this.by = provider.by
    this.boot = provider.boot
    this.unsure = filled.unsure
    this.text = text
    this.claimedId = claimedId
    this.pipe = record
    this.lastAnswerMs = nowMs
    this.aliveSinceMs = nowMs
  }

  get conflict(): boolean {
    return this.claimants.size > 1
  }

  get detached(): boolean {
    return this.pipe === undefined
  }

  /** Whether a change log entry is due when this entry takes the place of `earlier`. */
  differsFrom(earlier: RollEntry): boolean {
    return this.unsure !== earlier.unsure || JSON.stringify(this.#static()) !== JSON.stringify(earlier.#static())
  }

  #static(): Provider {
    const { service, id, address, protocol, host, port, zone, version, weight, tags, meta, status, kind, by } = this
    return { service, id, address, protocol, host, port, zone, version, weight, tags, meta, status, kind, by }
  }

  /** As it is now, for the change log. */
  snapshot(): LoggedInstance {
    const { state, detached, unsure } = this
    return Object.freeze({ ...this.#static(), state, detached, unsure })
  }
}
