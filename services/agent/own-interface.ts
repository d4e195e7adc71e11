// Which of a machine's addresses is advertised, by rule: that of an interface, or the one within a network. Pure.

import type { NetworkInterfaceInfo } from 'node:os'
import ipaddr from 'ipaddr.js'

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

export type InterfaceReading = { readonly host: string } | { readonly reason: string }

/** `rule` is an interface's name, or a network such as 10.0.0.0/8. IPv4 before IPv6, and never a link-local address. */
export function findAddress(rule: string, interfaces: Interfaces): InterfaceReading {
  const all = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.map(({ address, family }) => ({ name, address, family })),
  )
  const usable = all
    .filter(({ address }) => ipaddr.parse(address).range() !== 'linkLocal')
    .toSorted((a, b) => (a.family === b.family ? 0 : a.family === 'IPv4' ? -1 : 1))
  const isNetwork = ipaddr.isValidCIDR(rule)
  const found = usable.find(({ name, address }) => (isNetwork ? isWithin(address, rule) : name === rule))
  if (found) return { host: found.address }
  const there = usable.map(({ name, address }) => `${name} ${address}`).join(', ')
  return { reason: `no address ${isNetwork ? `within ${rule}` : `on an interface ${rule}`}; there are ${there}` }
}

function isWithin(address: string, cidr: string): boolean {
  const [parsed, network] = [ipaddr.parse(address), ipaddr.parseCIDR(cidr)]
  return parsed.kind() === network[0].kind() && parsed.match(network)
}
