// The names of addresses: `10-0-0-7.addr.rollcall`, which the targets of SRV records are, and those of in-addr.arpa and ip6.arpa.
// Promises one label for one address, however it was written. Pure.

import ipaddr from 'ipaddr.js'

/** `10-0-0-7`, or `fd00-0-0-0-0-0-0-7`, with all eight groups; undefined for a host name. */
export function readAddressLabel(host: string): string | undefined {
  // The library takes `7` for 0.0.0.7; on the roll it is a host name.
  if (!host.includes(':') && !/^\d+\.\d+\.\d+\.\d+$/.test(host)) return undefined
  return ipaddr.parse(host).toNormalizedString().replaceAll(/[.:]/g, '-')
}

/** The label of the address that a reverse name (RFC 1035 section 3.5, RFC 3596 section 2.5) stands for; undefined for any other name. */
export function readReverseLabel(labels: readonly string[]): string | undefined {
  const [family, root] = labels.slice(-2)
  if (root !== 'arpa') return undefined
  const digits = labels.slice(0, -2).toReversed()
  if (family === 'in-addr' && digits.length === 4 && digits.every((digit) => /^(?:0|[1-9]\d{0,2})$/.test(digit)))
    return digits.join('-')
  if (family === 'ip6' && digits.length === 32 && digits.every((digit) => /^[0-9a-f]$/.test(digit)))
    return readAddressLabel(digits.join('').replaceAll(/(.{4})(?=.)/g, '$1:'))
  return undefined
}
