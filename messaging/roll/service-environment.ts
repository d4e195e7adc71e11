// The environment of a service (DESIGN.md section 6), as far as it works now. The README's table and this are held together
// by a test; join() and the sample services read it.

import { z } from 'zod'
import type { Environment, EnvironmentLog, Values } from './read-environment.ts'
import type { Kind, PrefixedVariable, Variables } from './variable.ts'
import { fieldSchemas, maxWeight, tagsSchema } from './answer-schema.ts'
import { readHost } from './provider-address.ts'
import { readEnvironment } from './read-environment.ts'
import { notYetVariables, otherRollcallNames, sharedVariables } from './shared-environment.ts'
import { serviceName, splitList, wholeNumber, words } from './variable.ts'

/** One place of `DISCOVERY_HOST`: a name may stand for several daemons. */
export interface DiscoveryAddress {
  readonly host: string
  /** Undefined: that of `DISCOVERY_PORT`. */
  readonly port: number | undefined
}

const discoveryHosts: Kind<readonly DiscoveryAddress[]> = {
  accepts: 'host or host:port, several separated by commas, IPv6 addresses in brackets',
  schema: z.string().transform((text, context) => {
    const addresses: DiscoveryAddress[] = []
    for (const entry of splitList(text)) {
      const address = readDiscoveryAddress(entry)
      if (address) addresses.push(address)
      else context.addIssue(`${JSON.stringify(entry.slice(0, 80))} is neither host nor host:port`)
    }
    if (addresses.length === 0 && context.issues.length === 0) context.addIssue('there is no host in it')
    return addresses
  }),
}

export function readDiscoveryAddress(text: string): DiscoveryAddress | undefined {
  const [, bracketed, bare, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = readHost(bracketed ?? bare ?? text)
  const port = digits === undefined ? undefined : Number(digits)
  // Nobody can be dialled at "any address".
  if (host === undefined || host === '' || (port !== undefined && (port < 1 || port > 65_535))) return undefined
  return { host, port }
}

const host: Kind<string> = {
  accepts: 'a host name or an IP address',
  schema: z.string().transform((text, context) => {
    const read = readHost(text.replace(/^\[(.*)\]$/, '$1'))
    if (read !== undefined) return read
    context.addIssue('it is neither')
    return z.NEVER
  }),
}

export const serviceVariables = Object.freeze({
  DISCOVERY_HOST: {
    description: 'where the discovery daemons are: names or addresses, every one of which is dialled',
    ...discoveryHosts,
  },
  DISCOVERY_PORT: {
    description: 'SP port of the daemons, where DISCOVERY_HOST gives none',
    ...wholeNumber({ min: 1, max: 65_535 }),
    default: '5555',
  },
  SERVICE_NAME: { description: 'name that the service answers to', ...serviceName },
  SERVICE_HOST: { description: 'where it is; default: its own address towards each daemon', ...host },
  SERVICE_PORT: {
    description: 'port that it listens on; 0: any free one, where the program can tell which it became',
    ...wholeNumber({ min: 0, max: 65_535 }),
  },
  SERVICE_PROTOCOL: {
    description: 'how it is spoken to, the scheme of its address; the sample web says http by itself',
    ...words('a URL scheme such as tcp or http', fieldSchemas.protocol),
    default: 'tcp',
  },
  SERVICE_ID: {
    description: 'who it is among those of its name; default: host name and port',
    ...words('up to 255 visible characters without a space', fieldSchemas.id),
  },
  SERVICE_ZONE: {
    description: 'place that it is in; near beats far',
    ...words('up to 128 characters', fieldSchemas.zone),
    default: '',
  },
  SERVICE_VERSION: {
    description: 'its version, by semver where callers ask for ranges',
    ...words('up to 128 characters', fieldSchemas.version),
    default: '',
  },
  SERVICE_TAGS: {
    description: 'tags that callers can ask for or exclude',
    accepts: 'words separated by commas, none beginning with !',
    schema: z.string().transform(splitList).pipe(tagsSchema),
    default: '',
  },
  SERVICE_WEIGHT: {
    description: 'share of the calls that it wants, beside the others; 0: only when there is nobody else',
    ...wholeNumber({ min: 0, max: maxWeight }),
    default: '1',
  },
  SERVICE_GRACE: {
    description: 'how long it may take to finish what is in flight after SIGTERM, in milliseconds',
    ...wholeNumber({ min: 0, max: 3_600_000, unit: 'milliseconds' }),
    default: '10000',
  },
  ...sharedVariables,
}) satisfies Variables

export const servicePrefixes = Object.freeze({
  SERVICE_META_: {
    description: 'anything else to be told: SERVICE_META_COMMIT=abc is meta.commit',
    ...words('up to 1024 characters', fieldSchemas.metaValue),
  },
}) satisfies Readonly<Record<string, PrefixedVariable>>

export interface ServiceEnvironment {
  readonly values: Values<typeof serviceVariables>
  readonly meta: Readonly<Record<string, string>>
}

export interface ServiceEnvironmentOptions {
  readonly required?: readonly (keyof typeof serviceVariables)[]
  readonly log?: EnvironmentLog
}

/** Fails with `ENVIRONMENT_INVALID`, one error for all that is wrong. */
export function readServiceEnvironment(env: Environment, options: ServiceEnvironmentOptions = {}): ServiceEnvironment {
  const { values, prefixed } = readEnvironment(serviceVariables, env, {
    prefixes: servicePrefixes,
    notYet: notYetVariables,
    known: otherRollcallNames,
    ...options,
  })
  const meta = Object.entries(prefixed['SERVICE_META_'] ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  return { values, meta: Object.fromEntries(meta) }
}
