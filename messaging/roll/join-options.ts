// What join() can be told, in the environment and beside it, brought together and checked. What is given in the program wins
// over the environment, since the program knows better (the port that it listens on).

import { hostname } from 'node:os'
import { randomBytes } from 'node:crypto'
import type { Clock } from '../sp/clock.ts'
import type { OpenKeyring } from '../keys/open-keyring.ts'
import type { DialOptions, Engine } from '../sp/engine.ts'
import type { ProviderStatus } from './answer.ts'
import type { DaemonPlace } from './own-address.ts'
import type { OwnLine } from './own-line.ts'
import type { Environment } from './read-environment.ts'
import { openKeyring } from '../keys/open-keyring.ts'
import { RollcallError } from '../sp/error.ts'
import { planDaemons } from './daemon-places.ts'
import { readOwnLine } from './own-line.ts'
import { readServiceEnvironment } from './service-environment.ts'

/** What may change while a program is on the roll. */
export interface Update {
  /** `draining`: still here, and not to be handed out. Default passing. */
  readonly status?: ProviderStatus
  /** Share of the calls, 0 to 65535; 0: only when there is nobody else. Default 1. */
  readonly weight?: number
  readonly tags?: readonly string[]
  readonly meta?: Readonly<Record<string, string>>
  readonly version?: string
}

/** As much of a pino logger as is needed. */
export interface JoinLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface JoinOptions extends Update {
  /** Where variables are read from, `process.env` in a main.ts. Default: nowhere. */
  readonly env?: Environment
  /** Silent by default. */
  readonly log?: JoinLog
  /** Default: the one that ROLLCALL_ENGINE names, closed with the membership. One that is given is its owner's to close. */
  readonly engine?: Engine
  /** Default: that of ROLLCALL_KEY or ROLLCALL_KEYRING; without one the daemons are spoken to in clear. */
  readonly keyring?: OpenKeyring
  readonly clock?: Clock
  /** `host`, `host:port`, or a whole SP address. Default: DISCOVERY_HOST. */
  readonly discovery?: readonly string[]
  /** Default: SERVICE_NAME. */
  readonly service?: string
  /** Default: SERVICE_ID, else host name and port. */
  readonly id?: string
  /** Default: SERVICE_HOST, else the own address towards each daemon. */
  readonly host?: string
  /** Where the program really listens. Default: SERVICE_PORT. */
  readonly port?: number
  /** Default: SERVICE_PROTOCOL, else tcp. */
  readonly protocol?: string
  readonly zone?: string
  /** 0 = idle, 1 = as much as it can do. Default: how busy the event loop is. */
  readonly load?: () => number
  /** Requests under way. Default: not told. */
  readonly inflight?: () => number
}

/** What is joined, and through whom. */
export interface JoinPlan {
  readonly provider: OwnLine
  /** SP addresses to dial. */
  readonly addresses: readonly string[]
  /** The same, where they are a host and a port. */
  readonly places: readonly DaemonPlace[]
  readonly engineName: Engine['name']
  /** How the daemons are dialled. */
  readonly dial: DialOptions
  readonly keyring: OpenKeyring | undefined
}

/** Tells a restart from a second pipe. DESIGN.md section 4. */
const boot = randomBytes(9).toString('base64url')

/** Fails with `ENVIRONMENT_INVALID` for variables, `KEY_INVALID` for keys, `NAME_INVALID` or `ADDRESS_INVALID` for what the program gave. */
export function planJoin(options: JoinOptions): JoinPlan {
  const { values, meta } = readServiceEnvironment(options.env ?? {}, {
    required: [
      ...(options.discovery ? [] : (['DISCOVERY_HOST'] as const)),
      ...(options.service === undefined ? (['SERVICE_NAME'] as const) : []),
      ...(options.port === undefined ? (['SERVICE_PORT'] as const) : []),
    ],
    ...(options.log && { log: options.log }),
  })
  const port = options.port ?? values.SERVICE_PORT ?? 0
  if (port === 0) {
    const message = 'SERVICE_PORT: found "0", accepted is the port that the program really listens on'
    throw new RollcallError('ENVIRONMENT_INVALID', message)
  }
  const provider = readOwnLine({
    service: options.service ?? values.SERVICE_NAME,
    id: options.id ?? values.SERVICE_ID ?? `${hostname()}:${port}`,
    protocol: options.protocol ?? values.SERVICE_PROTOCOL,
    host: options.host ?? values.SERVICE_HOST ?? '',
    port,
    zone: options.zone ?? values.SERVICE_ZONE,
    version: options.version ?? values.SERVICE_VERSION,
    weight: options.weight ?? values.SERVICE_WEIGHT,
    tags: options.tags ?? values.SERVICE_TAGS,
    meta: { ...meta, ...options.meta },
    status: options.status,
    boot,
  })
  const keyring =
    options.keyring ?? openKeyring({ key: values.ROLLCALL_KEY, path: values.ROLLCALL_KEYRING }, options.log)
  const errand = { answerFor: provider.service }
  if (keyring && !keyring.speakFor(errand)) {
    const message = `no key here may put ${provider.service} on the roll: one of its cluster, of purpose root, roll or roll:${provider.service}`
    throw new RollcallError('KEY_INVALID', message)
  }
  return {
    provider,
    ...planDaemons(options.discovery, values, keyring ? 'tls+tcp' : 'tcp'),
    engineName: values.ROLLCALL_ENGINE,
    dial: keyring ? { credentials: keyring.dialCredentials(errand) } : {},
    keyring,
  }
}

export function updateProvider(provider: JoinPlan['provider'], update: Update): JoinPlan['provider'] {
  return readOwnLine({ ...provider, ...update })
}
