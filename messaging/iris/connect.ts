// connect(): one call joins a cluster and talks to any. It opens an engine, listens for peers, puts the node on the roll and follows the
// roll; what a node does is node.ts. Without a cluster of its own a program only calls, publishes and subscribes.

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Errand, Keyring } from '../keys/keyring.ts'
import type { OpenKeyring } from '../keys/open-keyring.ts'
import type { JoinLog } from '../roll/join-options.ts'
import type { Environment } from '../roll/read-environment.ts'
import type { ServiceEnvironment } from '../roll/service-environment.ts'
import type { Clock } from '../sp/clock.ts'
import type { Engine } from '../sp/engine.ts'
import type { Node, NodeLimits } from './node.ts'
import type { Handlers } from './serving.ts'
import { openKeyring } from '../keys/open-keyring.ts'
import { planDaemons } from '../roll/daemon-places.ts'
import { planFollow } from '../roll/follow/follow-options.ts'
import { RollFollower } from '../roll/follow/roll-follower.ts'
import { readServiceName } from '../roll/name.ts'
import { readServiceEnvironment } from '../roll/service-environment.ts'
import { Speaker } from '../roll/speaker.ts'
import { formatHostPort, readAddress, readHostPort } from '../sp/address.ts'
import { systemClock } from '../sp/clock.ts'
import { RollcallError } from '../sp/error.ts'
import { openEngine } from '../sp/index.ts'
import { IrisNode } from './iris-node.ts'
import { createOwnLoad } from './own-load.ts'
import { FollowedRoster, RollPresence } from './on-roll.ts'
import { keyringRights, openRights } from './rights.ts'

export interface ConnectOptions {
  /** Where variables are read from, `process.env` in a main.ts. Default: nowhere. */
  readonly env?: Environment
  /** Silent by default. */
  readonly log?: JoinLog
  /** Default: SERVICE_NAME; where that is not set either, the program is a member of nothing and only calls. */
  readonly cluster?: string
  readonly handlers?: Handlers
  /** `host`, `host:port`, or a whole SP address. Default: DISCOVERY_HOST. */
  readonly discovery?: readonly string[]
  /** Default: SERVICE_ID, else host name and port. */
  readonly id?: string
  /** Where peers reach it. Default: SERVICE_HOST, else the own address towards each daemon. */
  readonly host?: string
  /** Where it listens for its peers. Default: any free port. */
  readonly port?: number
  /** Default: SERVICE_ZONE. */
  readonly zone?: string
  /** Default: SERVICE_WEIGHT, else 1. */
  readonly weight?: number
  /** Default: SERVICE_VERSION. */
  readonly version?: string
  /** Default: that of ROLLCALL_KEY or ROLLCALL_KEYRING; without one the fleet is open. */
  readonly keyring?: OpenKeyring
  readonly limits?: Partial<NodeLimits>
  /** 0 = idle, 1 = as much as it can do. Default: by the event loop and the cgroup of this process. */
  readonly load?: () => number
  /** Default: one of its own, closed with the node. One that is given is its owner's to close. */
  readonly engine?: Engine
  readonly clock?: Clock
}

const silent: JoinLog = Object.freeze({ debug() {}, info() {}, warn() {} })

/** Does not wait for a daemon: calls do, within their deadlines. Fails with `ENVIRONMENT_INVALID`, `KEY_INVALID`, `NAME_INVALID`,
 * `ADDRESS_INVALID`, `ADDRESS_IN_USE`, or `NOT_SUPPORTED` on the engine nanomsg. */
export async function connect(options: ConnectOptions = {}): Promise<Node> {
  const { env = {}, log = silent, clock = systemClock } = options
  const { values } = readServiceEnvironment(env, { required: options.discovery ? [] : ['DISCOVERY_HOST'], log })
  const engine = options.engine ?? (await openEngine(values.ROLLCALL_ENGINE))
  /** Undone in the opposite order. */
  const release: Release = options.engine ? [] : [() => engine.close()]
  try {
    if (!engine.features.link)
      throw new RollcallError('NOT_SUPPORTED', `clusters need the engine sp: unset ROLLCALL_ENGINE=${engine.name}`)
    return await open({ ...options, engine, clock, log }, values, release)
  } catch (error) {
    await runAll(release)
    throw error
  }
}

type Release = (() => Promise<void>)[]

async function runAll(release: Release): Promise<void> {
  for (const run of release.toReversed()) await run()
}

async function open(
  { engine, clock, log, ...options }: ConnectOptions & Required<Pick<ConnectOptions, 'engine' | 'clock' | 'log'>>,
  values: ServiceEnvironment['values'],
  release: Release,
): Promise<Node> {
  const cluster = readCluster(options.cluster ?? values.SERVICE_NAME ?? '')
  const keyring = options.keyring ?? openKeyring({ key: values.ROLLCALL_KEY, path: values.ROLLCALL_KEYRING }, log)
  const load = options.load ?? createOwnLoad(clock)
  const scheme = keyring ? 'tls+tcp' : 'tcp'
  const { addresses, places } = planDaemons(options.discovery, values, scheme)
  const { dial: readerDial } = planFollow({ ...options, ...(keyring && { keyring }) })
  const dial = keyring ? { credentials: () => keyring.dialCredentials(errandOf(keyring, cluster))() } : {}
  const follower = new RollFollower({ engine, clock, random: Math.random, addresses, dial: readerDial })
  release.push(() => follower.close())
  const presence = new RollPresence(
    () => new Speaker({ engine, clock, log, addresses, places, dial, load, inflight: undefined }),
    keyring,
  )
  const node = new IrisNode({
    engine,
    clock,
    roster: new FollowedRoster(follower),
    presence,
    boot: presence.boot,
    cluster,
    id: options.id ?? values.SERVICE_ID ?? `${hostname()}-${randomBytes(4).toString('hex')}`,
    zone: options.zone ?? values.SERVICE_ZONE,
    load,
    rights: keyring ? keyringRights(keyring) : openRights,
    onError: (error) => log.warn({ err: error }, 'a handler failed'),
    onReread: () => void keyring?.reread(),
    onClosed: () => runAll(release),
    ...(options.handlers && { handlers: options.handlers }),
    ...(options.limits && { limits: options.limits }),
  })
  const stopGuard = keyring?.guard(node.link, follower.socket)
  if (stopGuard) release.push(() => Promise.resolve(stopGuard()))
  const credentials = keyring?.listenCredentials(
    ({ identity: { purpose } }) => purpose === 'member' || purpose === 'call',
  )
  const listener = await engine.listen(`${scheme}://*:${options.port ?? 0}`, node.link, {
    ...(credentials && { credentials }),
  })
  release.push(() => listener.close())
  const { port } = readHostPort(readAddress(listener.address).rest)
  const host = options.host ?? values.SERVICE_HOST ?? ''
  presence.isAt({
    id: node.id,
    protocol: scheme,
    host,
    port,
    zone: options.zone ?? values.SERVICE_ZONE,
    version: options.version ?? values.SERVICE_VERSION,
    weight: options.weight ?? values.SERVICE_WEIGHT,
  })
  node.enter(`${scheme}://${formatHostPort({ host, port })}`)
  return node
}

function readCluster(given: string): string {
  if (given === '') return ''
  const read = readServiceName(given)
  if ('name' in read) return read.name
  throw new RollcallError('NAME_INVALID', `cluster: ${read.reason}`)
}

/** As whom the daemons are spoken to: with a key of the whole fleet for topics as well, else for the cluster alone. */
function errandOf(keyring: Keyring, cluster: string): Errand {
  const all: Errand = { answerForAllOf: '*' }
  return keyring.speakFor(all) ? all : { answerFor: cluster }
}
