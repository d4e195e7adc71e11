// A node of Iris put together, and taken apart in order. Everything it does is elsewhere; where members come from is the roster's business.

import type { Clock } from '../sp/clock.ts'
import type { Link } from '../sp/engine.ts'
import type { CallContext, RequestOptions } from './caller.ts'
import type { CastOptions, Delivery } from './casts.ts'
import type { Node, NodeCounts, NodeLimits, NodeOptions } from './node.ts'
import type { Presence } from './roster.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'
import type { ClusterSurvey, SurveyOptions } from './survey.ts'
import type { Tunnel } from './tunnel/tunnel.ts'
import type { TunnelOptions } from './tunnel-call.ts'
import { systemClock } from '../sp/clock.ts'
import { RollcallError } from '../sp/error.ts'
import { defaultLimits } from '../sp/limits.ts'
import { readServiceName } from '../roll/name.ts'
import { request } from './caller.ts'
import { cast } from './casts.ts'
import { DeadlineWheel } from './deadline-wheel.ts'
import { formatBroadcastHead, formatPublishHead } from './frame.ts'
import { Groups } from './group.ts'
import { defaultNodeLimits } from './node.ts'
import { createOwnLoad } from './own-load.ts'
import { Peers } from './peers.ts'
import { openRights } from './rights.ts'
import { Serving } from './serving.ts'
import { OpenSurvey } from './survey.ts'
import { Topics } from './topics.ts'
import { Traffic } from './traffic.ts'
import { openTunnel } from './tunnel-call.ts'
import { TunnelHost } from './tunnel/tunnel-host.ts'

/** Head of a request or a cast at its longest. */
const maxHeadBytes = 10 + 256

/** A node that owns neither engine, roster nor presence, but the link on which it listens: give it to engine.listen(). */
export class IrisNode implements Node {
  readonly cluster: string
  readonly id: string
  readonly #clock: Clock
  readonly #limits: NodeLimits
  readonly #maxBodyBytes: number
  readonly #presence: Presence
  readonly #onReread: () => void
  readonly #onClosed: () => Promise<void>
  #address = ''
  readonly #wheel: DeadlineWheel
  readonly #traffic = new Map<string, Traffic>()
  readonly #groups: Groups
  readonly #peers: Peers
  readonly #topics: Topics
  readonly #calls: CallContext
  #leaveCluster: () => void = () => {}
  #closing: Promise<void> | undefined

  constructor(options: NodeOptions) {
    const { engine, cluster, id, roster, presence, rights = openRights, random = Math.random, handlers = {} } = options
    const clock = options.clock ?? systemClock
    const limits = { ...defaultNodeLimits, ...options.limits }
    const maxMessageBytes = options.maxMessageBytes ?? defaultLimits.maxMessageBytes
    const trafficOf = (name: string) => this.#trafficOf(name)
    this.cluster = cluster
    this.id = id
    this.#clock = clock
    this.#limits = limits
    this.#maxBodyBytes = maxMessageBytes - maxHeadBytes
    this.#presence = presence
    this.#onReread = options.onReread ?? (() => {})
    this.#onClosed = options.onClosed ?? (() => Promise.resolve())
    this.#wheel = new DeadlineWheel(clock)
    this.#groups = new Groups(roster, options.zone ?? '', trafficOf)
    this.#topics = new Topics(presence, rights, trafficOf)
    const serving = new Serving({
      cluster,
      handlers,
      limits,
      clock,
      wheel: this.#wheel,
      rights,
      load: options.load ?? createOwnLoad(clock),
      traffic: trafficOf(cluster),
      maxMessageBytes,
      onError: options.onError ?? (() => {}),
      settled: (pipe) => this.#peers.settled(pipe),
    })
    this.#peers = new Peers({
      engine,
      clock,
      rights,
      self: { boot: options.boot, cluster, id },
      arrivals: {
        request: (pipe, message) => serving.request(pipe, message),
        broadcast: (pipe, message) => serving.broadcast(pipe, message),
        publish: (pipe, message) => this.#topics.publish(pipe, message),
      },
      createTunnels: (pipe) =>
        new TunnelHost({
          port: pipe,
          clock,
          side: pipe.origin ? 'dialled' : 'accepted',
          onOpen: (name, tunnel) => serving.tunnel(pipe, name, tunnel),
          onViolation: () => pipe.pipe.close('tunnel-violation'),
        }),
      idleMs: limits.idleMs,
      connectTimeoutMs: limits.connectTimeoutMs,
    })
    let lastId = Math.floor(random() * 0x1_0000_0000)
    const nextId = () => (lastId = (lastId + 1) >>> 0)
    this.#calls = { clock, random, wheel: this.#wheel, peers: this.#peers, nextId, open: new Set() }
  }

  get address(): string {
    return this.#address
  }

  /** What to listen with. */
  get link(): Link {
    return this.#peers.link
  }

  /** Onto the roll, as a member of its cluster: when it listens, at this address, without host where others see that themselves. */
  enter(address: string): void {
    this.#address = address
    this.#peers.listensAt(address)
    if (this.cluster !== '') this.#leaveCluster = this.#presence.enter('member', this.cluster)
  }

  // Not async: a second promise for each request would be a tenth of its cost.
  request(cluster: string, body: Uint8Array, options: RequestOptions = {}): Promise<Buffer> {
    try {
      options.signal?.throwIfAborted()
      return request(this.#calls, this.#groups.get('member', this.#check(cluster, body)), body, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async broadcast(cluster: string, body: Uint8Array, options: CastOptions = {}): Promise<Delivery> {
    options.signal?.throwIfAborted()
    const name = this.#check(cluster, body)
    return cast(this.#calls, this.#groups.get('member', name), formatBroadcastHead(name), body, options)
  }

  survey(cluster: string, question: Uint8Array, options: SurveyOptions): ClusterSurvey {
    const name = this.#check(cluster, question)
    return new OpenSurvey(this.#calls, this.#groups.get('member', name), question, options).start()
  }

  async publish(topic: string, event: Uint8Array, options: CastOptions = {}): Promise<Delivery> {
    options.signal?.throwIfAborted()
    const name = this.#check(topic, event)
    return cast(this.#calls, this.#groups.get('topic', name), formatPublishHead(name), event, options)
  }

  async tunnel(cluster: string, options: TunnelOptions = {}): Promise<Tunnel> {
    options.signal?.throwIfAborted()
    return openTunnel(this.#calls, this.#groups.get('member', this.#check(cluster)), options)
  }

  subscribe(topic: string, options: SubscribeOptions = {}): Subscription {
    options.signal?.throwIfAborted()
    return this.#topics.subscribe(this.#check(topic), options)
  }

  counters(): NodeCounts {
    const groups = Object.fromEntries([...this.#traffic].map(([name, traffic]) => [name, traffic.counts()]))
    return { groups, peers: this.#peers.counts(), rejected: this.#peers.rejected() }
  }

  rereadKeys(): void {
    this.#onReread()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#topics.close()
    this.#leaveCluster()
    await this.#presence.leave()
    await this.#within(this.#limits.graceMs, this.#peers.leave())
    const error = new RollcallError('CLOSED', 'the node is closed')
    for (const call of this.#calls.open) call.close(error)
    this.#groups.close()
    await this.#peers.close()
    this.#wheel.close()
    await this.#onClosed()
  }

  async #within(graceMs: number, done: Promise<void>): Promise<void> {
    let stop = () => {}
    const over = new Promise<void>((resolve) => {
      stop = this.#clock.after(graceMs, resolve)
    })
    await Promise.race([done, over])
    stop()
  }

  /** The name as the roll has it. */
  #check(given: string, body?: Uint8Array): string {
    if (this.#closing) throw new RollcallError('CLOSED', 'the node is closed')
    if (body && body.length > this.#maxBodyBytes)
      throw new RollcallError('TOO_LARGE', `a body of ${body.length} bytes is over the limit of ${this.#maxBodyBytes}`)
    const read = readServiceName(given)
    if ('name' in read) return read.name
    throw new RollcallError('NAME_INVALID', `"${given}": ${read.reason}`)
  }

  #trafficOf(name: string): Traffic {
    let traffic = this.#traffic.get(name)
    if (traffic) return traffic
    traffic = new Traffic()
    // A program that only calls is of no cluster.
    if (name !== '') this.#traffic.set(name, traffic)
    return traffic
  }
}
