// Where a provider says that it is: `protocol://host:port`, IPv6 in brackets. Promises one spelling for one place, since two
// lines with the same host and port are one provider; whether the place can be reached is not judged here.

import { isIP, isIPv6 } from 'node:net'
import { formatHostPort, unmapIp } from '../sp/address.ts'

export interface ProviderAddress {
  readonly protocol: string
  /** Lower case, no brackets; empty for `0.0.0.0`, `::`, `*` or nothing: whoever reads it fills in what it sees. */
  readonly host: string
  readonly port: number
}

export type AddressReading = { readonly address: ProviderAddress } | { readonly reason: string }

const form = /^([a-z][a-z0-9+.-]{0,31}):\/\/(?:\[([^\][]*)\]|([^:/?#@\][]*))(?::(\d{1,5}))?(.*)$/is
const hostName = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/
const anyHosts: ReadonlySet<string> = new Set(['', '*', '0.0.0.0', '::'])

export function readProviderAddress(text: string): AddressReading {
  const shown = JSON.stringify(text.slice(0, 80))
  const [, protocol, bracketed, bare, digits, rest] = form.exec(text) ?? []
  if (protocol === undefined) return { reason: `${shown} is not of the form protocol://host:port` }
  if (digits === undefined) return { reason: `${shown} has no port` }
  if (rest !== '') return { reason: `${shown} goes on after its port; an address is protocol://host:port alone` }
  const port = Number(digits)
  if (port < 1 || port > 65_535) return { reason: `${shown} has a port that is not one of 1 to 65535` }
  const host = bracketed === undefined ? readHost(bare ?? '') : readIpv6(bracketed)
  if (host === undefined) return { reason: `${shown} has a host that is neither a name, an IP address nor *` }
  return { address: { protocol: protocol.toLowerCase(), host, port } }
}

/** `*` for an empty host, so that no reader takes the line for one that lacks something. */
export function formatProviderAddress({ protocol, host, port }: ProviderAddress): string {
  return `${protocol}://${formatHostPort({ host: host === '' ? '*' : host, port })}`
}

/** One spelling of a host name or an IP address without brackets; undefined for what is neither. */
export function readHost(text: string): string | undefined {
  const host = text.toLowerCase()
  if (anyHosts.has(host)) return ''
  if (isIPv6(host)) return readIpv6(host)
  // `10.0.0.300` is an IP address with a mistake in it and not a name.
  if (isIP(host) === 4 || (hostName.test(host) && !/(?:^|\.)\d+$/.test(host))) return host
  return undefined
}

function readIpv6(text: string): string | undefined {
  const host = unmapIp(text.toLowerCase())
  if (anyHosts.has(host)) return ''
  if (isIP(host) === 4) return host
  // A zone index means something on one machine alone.
  if (!isIPv6(host) || host.includes('%')) return undefined
  const short = new URL(`http://[${host}]`).hostname.slice(1, -1)
  return short === '::' ? '' : short
}
