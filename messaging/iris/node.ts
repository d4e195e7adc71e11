// What a node of Iris is: it talks to clusters and topics by name, and answers for its own. Interfaces and limits; iris-node.ts puts
// one together.

import type { Clock } from '../sp/clock.ts'
import type { Engine } from '../sp/engine.ts'
import type { RequestOptions } from './caller.ts'
import type { CastOptions, Delivery } from './casts.ts'
import type { Rights } from './rights.ts'
import type { Presence, Roster } from './roster.ts'
import type { Handlers, ServingLimits } from './serving.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'
import type { ClusterSurvey, SurveyOptions } from './survey.ts'
import type { TrafficCounts } from './traffic.ts'
import type { Tunnel } from './tunnel/tunnel.ts'
import type { TunnelOptions } from './tunnel-call.ts'

export interface NodeCounts {
  /** By the name of the cluster or topic: what this node sent to it, and what it received as one of it. */
  readonly groups: Readonly<Record<string, TrafficCounts>>
  /** By id and address, of the nodes connected now. */
  readonly peers: Readonly<Record<string, TrafficCounts>>
  /** Connections refused or broken off, by reason. */
  readonly rejected: Readonly<Record<string, number>>
}

export interface Node {
  readonly cluster: string
  readonly id: string
  /** Where peers reach it; without host where they see that themselves. */
  readonly address: string
  /** To one member of the cluster; resolves with its reply, a view of a receive buffer. Fails with `NO_MEMBERS`, `PEER_GONE`, `BUSY`,
   * `REMOTE_FAULT` (a RemoteFault), `NOT_ALLOWED`, `TIMEOUT`, `TOO_LARGE`, `CLOSED`, `NAME_INVALID`, or the signal's reason. */
  request(cluster: string, body: Uint8Array, options?: RequestOptions): Promise<Buffer>
  /** To all members, this node included where it is one. */
  broadcast(cluster: string, body: Uint8Array, options?: CastOptions): Promise<Delivery>
  /** To all members, with their answers. */
  survey(cluster: string, question: Uint8Array, options: SurveyOptions): ClusterSurvey
  /** To all subscribers of the topic. */
  publish(topic: string, event: Uint8Array, options?: CastOptions): Promise<Delivery>
  /** To one member: messages of any size, in order, both ways. */
  tunnel(cluster: string, options?: TunnelOptions): Promise<Tunnel>
  /** Events from now on; publishers learn of it from the roll. */
  subscribe(topic: string, options?: SubscribeOptions): Subscription
  counters(): NodeCounts
  /** Reads the file of ROLLCALL_KEYRING once more, for a program that is told to by SIGHUP; pipes whose key has gone are closed. */
  rereadKeys(): void
  /** Leaves the roll, takes no new calls, lets what is under way end for the grace, flushes, closes. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface NodeLimits extends ServingLimits {
  /** A connection without a call for so long is closed. */
  readonly idleMs: number
  /** For connecting to a member and its greeting. */
  readonly connectTimeoutMs: number
  /** What is under way when the node closes may take so long. */
  readonly graceMs: number
}

export const defaultNodeLimits: NodeLimits = Object.freeze({
  /** As the engine's for one pipe: more seldom helps one event loop. */
  maxHandlers: 256,
  /** A quarter of Iris's: a container is small. */
  maxQueuedBytes: 16_777_216,
  /** Longer than a person's pause between two pages. */
  idleMs: 60_000,
  /** One lost SYN is repeated after a second. */
  connectTimeoutMs: 1_500,
  /** Below the 10 s that Docker leaves between SIGTERM and SIGKILL. */
  graceMs: 5_000,
})

export interface NodeOptions {
  readonly engine: Engine
  readonly roster: Roster
  readonly presence: Presence
  /** Random per node. */
  readonly boot: string
  /** The cluster that this node is a member of; empty: it only calls. */
  readonly cluster: string
  readonly id: string
  readonly zone?: string
  readonly handlers?: Handlers
  readonly limits?: Partial<NodeLimits>
  readonly clock?: Clock
  readonly random?: () => number
  readonly rights?: Rights
  /** 0 = idle, 1 = as much as it can do. Default: by event loop and cgroup. */
  readonly load?: () => number
  readonly onError?: (error: unknown) => void
  readonly onReread?: () => void
  /** What the node stands on can be closed. */
  readonly onClosed?: () => Promise<void>
  /** Of the engine. */
  readonly maxMessageBytes?: number
}
