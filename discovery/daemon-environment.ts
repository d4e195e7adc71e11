// The environment of a daemon (DESIGN.md section 6), as far as it works now. The README's table and this are held together
// by a test.

import type { KeyringSource } from '../messaging/keys/open-keyring.ts'
import type { Environment, EnvironmentLog, Values } from '../messaging/roll/read-environment.ts'
import type { Variables } from '../messaging/roll/variable.ts'
import type { DaemonOptions } from './daemon-options.ts'
import type { CertificateFiles } from './lookup/http/certificate.ts'
import { z } from 'zod'
import { readHost } from '../messaging/roll/provider-address.ts'
import { readEnvironment } from '../messaging/roll/read-environment.ts'
import { notYetVariables, otherRollcallNames, sharedVariables } from '../messaging/roll/shared-environment.ts'
import { splitList, wholeNumber, words } from '../messaging/roll/variable.ts'
import { daemonDefaults } from './daemon-options.ts'

const port = wholeNumber({ min: 0, max: 65_535 })
const host = words(
  'a host name or an IP address',
  z
    .string()
    .transform((text) => text.replace(/^\[(.*)\]$/, '$1'))
    .refine((text) => readHost(text) !== undefined, 'it is neither'),
)
const dayMs = 86_400_000

export const daemonVariables = Object.freeze({
  PORT: {
    description: 'SP port, for respondents and for lookups; 0 = any free one',
    ...port,
    default: String(daemonDefaults.port),
  },
  INTERVAL: {
    description: 'milliseconds between the starts of two rounds; a longer DEADLINE makes it longer',
    ...wholeNumber({ min: 10, max: dayMs, unit: 'milliseconds' }),
    default: String(daemonDefaults.intervalMs),
  },
  DEADLINE: {
    description: 'milliseconds that each respondent has for its answer',
    ...wholeNumber({ min: 1, max: dayMs, unit: 'milliseconds' }),
    default: String(daemonDefaults.deadlineMs),
  },
  MISSES: {
    description: 'rounds missed in a row after which a provider is gone; it is suspect with the first',
    ...wholeNumber({ min: 1, max: 1_000 }),
    default: String(daemonDefaults.misses),
  },
  WARMUP: {
    description:
      'milliseconds after the start, thrice as many while connections still come in, during which an unknown name is 503 and not 404; longer than the 2 s of a reconnect',
    ...wholeNumber({ min: 0, max: dayMs, unit: 'milliseconds' }),
    default: String(daemonDefaults.warmupMs),
  },
  FREEZE: {
    description:
      'most milliseconds during which nobody is removed after more than half of the roll fell silent at once',
    ...wholeNumber({ min: 0, max: dayMs, unit: 'milliseconds' }),
    default: String(daemonDefaults.freezeMs),
  },
  HTTP_HOST: {
    description: 'address that HTTP listens on; the default is every IPv4 address',
    ...host,
    default: daemonDefaults.httpHost,
  },
  HTTP_PORT: { description: 'port for HTTP; 0 = any free one', ...port, default: String(daemonDefaults.httpPort) },
  HTTP_TOKEN: {
    description:
      'who asks over HTTP has to show it as a bearer token; `/health` and `/ready` stay open, and the page asks for it',
    ...words('visible ASCII without blanks, at most 1024', z.string().regex(/^[!-~]{1,1024}$/)),
    isSecret: true,
  },
  HTTP_RATE: {
    description: 'requests a second that each address may make over HTTP, 429 beyond them; 0 = any number',
    ...wholeNumber({ min: 0, max: 1_000_000_000 }),
    default: String(daemonDefaults.httpRate),
  },
  HTTP_CORS: {
    description: 'origins whose pages may ask over HTTP in a browser, as `https://fleet.example`; `*` is any',
    accepts: 'origins of the form http://host:port or https://host:port, separated by commas, or *',
    schema: z
      .string()
      .transform(splitList)
      .pipe(z.array(z.string().refine(isOrigin))),
  },
  HTTP_TLS_CERT: {
    description:
      'file of the certificate in PEM, with those above it; HTTP is then spoken over TLS alone; read again on SIGHUP',
    ...words('path of a file', z.string()),
  },
  HTTP_TLS_KEY: {
    description: 'file of its private key in PEM; read again on SIGHUP',
    ...words('path of a file', z.string()),
  },
  DNS_HOST: {
    description: 'address that DNS listens on; the default is every IPv4 address',
    ...host,
    default: daemonDefaults.dnsHost,
  },
  DNS_PORT: { description: 'port for DNS, over UDP and TCP; 0 = no DNS', ...port, default: '8600' },
  DNS_DOMAIN: {
    description: 'zone that DNS answers for',
    ...words(
      'a domain name of at most 150 characters',
      z
        .string()
        .max(150)
        .toLowerCase()
        .regex(/^(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/),
    ),
    default: daemonDefaults.dnsDomain,
  },
  ZONE: {
    description: 'where this daemon is, shown in /health',
    ...words('text of at most 63 characters', z.string().max(63)),
    default: daemonDefaults.zone,
  },
  ...sharedVariables,
}) satisfies Variables

export interface DaemonEnvironment extends DaemonOptions {
  readonly logLevel: Values<typeof daemonVariables>['LOG_LEVEL']
  readonly logFormat: Values<typeof daemonVariables>['LOG_FORMAT']
  /** Where its certificate comes from. */
  readonly httpFiles: CertificateFiles
  /** Where its keys come from. */
  readonly keys: KeyringSource
}

function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text)
}

/** Fails with `ENVIRONMENT_INVALID`, which names every wrong variable. */
export function readDaemonEnvironment(env: Environment, log?: EnvironmentLog): DaemonEnvironment {
  const { values } = readEnvironment(daemonVariables, env, {
    notYet: notYetVariables,
    known: otherRollcallNames,
    ...(log ? { log } : {}),
  })
  return {
    port: values.PORT,
    intervalMs: values.INTERVAL,
    deadlineMs: values.DEADLINE,
    misses: values.MISSES,
    warmupMs: values.WARMUP,
    freezeMs: values.FREEZE,
    httpHost: values.HTTP_HOST,
    httpPort: values.HTTP_PORT,
    httpToken: values.HTTP_TOKEN,
    httpRate: values.HTTP_RATE,
    httpOrigins: values.HTTP_CORS ?? [],
    dnsHost: values.DNS_HOST,
    dnsPort: values.DNS_PORT === 0 ? undefined : values.DNS_PORT,
    dnsDomain: values.DNS_DOMAIN,
    zone: values.ZONE,
    engine: values.ROLLCALL_ENGINE,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
    httpFiles: { certPath: values.HTTP_TLS_CERT, keyPath: values.HTTP_TLS_KEY },
    keys: { key: values.ROLLCALL_KEY, path: values.ROLLCALL_KEYRING },
  }
}
