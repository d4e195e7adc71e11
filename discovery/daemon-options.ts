// What a daemon can be told, with the default of each and its reason. DESIGN.md sections 5 and 6.

import type { BaseLogger } from 'pino'
import type { Keyring } from '../messaging/keys/keyring.ts'
import type { Engine } from '../messaging/sp/engine.ts'
import type { Certificate } from './lookup/http/certificate.ts'
import { gateDefaults } from './lookup/http/gate.ts'

export interface DaemonOptions {
  /** Address for SP, as in a URL; every one by default, since a fleet is elsewhere. The demo's is not. */
  readonly host?: string
  /** SP port for respondents, lookups and hints; 0 for any free one. */
  readonly port?: number
  /** Between the starts of two rounds. */
  readonly intervalMs?: number
  /** How long each respondent may take for an answer. */
  readonly deadlineMs?: number
  /** Rounds missed in a row until a provider is gone. */
  readonly misses?: number
  /** How long after its start the daemon does not say "nobody"; thrice as long while connections still come in. Longer than the largest reconnect delay. */
  readonly warmupMs?: number
  /** Longest freeze of removals after more than half of the roll fell silent at once. */
  readonly freezeMs?: number
  /** Address for HTTP; every one by default. */
  readonly httpHost?: string
  /** 0 for any free one. */
  readonly httpPort?: number
  /** Who asks over HTTP has to show it, except probes. Default: everyone may ask. */
  readonly httpToken?: string | undefined
  /** Requests a second that each address may make over HTTP; 0 for any number. */
  readonly httpRate?: number
  /** Origins whose pages may ask over HTTP in a browser; `*` is any. */
  readonly httpOrigins?: readonly string[]
  /** With one, HTTP is spoken over TLS alone. */
  readonly httpCertificate?: Certificate | undefined
  /** Address for DNS; every one by default. */
  readonly dnsHost?: string
  /** For UDP and TCP; 0 for any that is free, undefined for no DNS. The program's default is 8600: whoever opens a daemon in code says so. */
  readonly dnsPort?: number | undefined
  /** The zone that DNS answers for. */
  readonly dnsDomain?: string
  /** Where this daemon is; shown in /health. */
  readonly zone?: string
  readonly engine?: Engine['name']
  /** With one, SP is spoken over tls+tcp alone, and every line on the roll needs a key that allows it. Default: the fleet is open. */
  readonly keyring?: Keyring | undefined
  /** Silent by default. */
  readonly log?: DaemonLog
  /** Of this package; shown in /health. */
  readonly version?: string
}

export type DaemonLog = Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>

const silent: DaemonLog = Object.freeze({ debug() {}, info() {}, warn() {}, error() {} })

export const daemonDefaults = Object.freeze({
  host: '*',
  port: 5555,
  intervalMs: 1_000,
  deadlineMs: 500,
  misses: 3,
  warmupMs: 3_000,
  freezeMs: 15_000,
  httpHost: '0.0.0.0',
  httpPort: 8500,
  httpToken: gateDefaults.token,
  httpRate: gateDefaults.requestsPerSecond,
  httpOrigins: gateDefaults.origins,
  httpCertificate: undefined,
  dnsHost: '0.0.0.0',
  dnsPort: undefined,
  dnsDomain: 'rollcall',
  zone: '',
  engine: 'sp' as const,
  keyring: undefined,
  log: silent,
  version: 'unknown',
}) satisfies Required<DaemonOptions>
