// The origin of a request as the roll reads it: http://web.rollcall is the service web. Pure.

import type { Dispatcher } from 'undici'
import { RollcallError } from '../../../sp/error.ts'
import { checkName } from '../held-names.ts'

const domain = '.rollcall'

export interface RollOrigin {
  readonly name: string
  /** What the address of a provider begins with: who asks for https is never given anything else. */
  readonly protocol: 'http' | 'https'
  /** The Host header, and the name that a certificate is checked against, whoever the provider is. */
  readonly host: string
}

/** Undefined for everything that is not of the roll. Fails with `NAME_INVALID`. */
export function readRollOrigin(origin: string | URL | undefined): RollOrigin | undefined {
  const url = origin === undefined ? undefined : readUrl(origin)
  if (!url) return undefined
  const host = url.hostname.replace(/\.$/, '')
  if (!host.endsWith(domain) || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  const name = checkName(host.slice(0, -domain.length))
  if (url.port !== '')
    throw new RollcallError('NAME_INVALID', `${host} has a port, ${url.port}, which the roll knows: leave it out`)
  return { name, protocol: url.protocol === 'https:' ? 'https' : 'http', host }
}

function readUrl(origin: string | URL): URL | undefined {
  return origin instanceof URL ? origin : URL.canParse(origin) ? new URL(origin) : undefined
}

type Headers = NonNullable<Dispatcher.DispatchOptions['headers']>

/** The caller's own Host header stays. */
export function withHost(host: string, headers: Headers | null | undefined): Headers {
  if (!headers) return { host }
  // A flat list of names and values.
  if (Array.isArray(headers))
    return headers.some((text, at) => at % 2 === 0 && isHost(text)) ? headers : ['host', host, ...headers]
  const pairs = Symbol.iterator in headers ? [...headers] : Object.entries(headers)
  const found: Record<string, string | string[] | undefined> = Object.fromEntries(pairs)
  return Object.keys(found).some(isHost) ? found : { host, ...found }
}

function isHost(name: string): boolean {
  return name.toLowerCase() === 'host'
}
