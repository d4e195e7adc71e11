// How much one address may ask: so many requests a second, counted in seconds that begin with the first request after the last one's end.
// A map look-up and an increment each; a hook of the framework for the same cost a twelfth of a lookup, measured.

import ipaddr from 'ipaddr.js'

export interface RateLimit {
  /** Counts a request; false when its address has had all of this second. */
  take(address: string | undefined, nowMs: number): boolean
}

const windowMs = 1_000

/** `perSecond` 0: any number. */
export function createRateLimit(perSecond: number): RateLimit {
  let counts = new Map<string, number>()
  let endsAtMs = -Infinity
  return {
    take(address = '', nowMs) {
      if (perSecond === 0) return true
      if (nowMs >= endsAtMs) {
        counts = new Map()
        endsAtMs = nowMs + windowMs
      }
      const key = address.includes(':') ? readNetwork(address) : address
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return count <= perSecond
    },
  }
}

/** IPv6 is given out by networks of 64 bits, each of which is one for us; IPv4 in its clothes is IPv4. */
function readNetwork(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address
  const parsed = ipaddr.IPv6.parse(address)
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.parts.slice(0, 4).join(':')
}
