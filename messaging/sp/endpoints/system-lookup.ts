// Names by the system's resolver, all addresses. A host that has IPv4 and IPv6 addresses is one host: it is dialled over
// IPv4 alone, or it would have two pipes to one peer.

import { lookup } from 'node:dns/promises'

export async function systemLookup(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true })
  const ipv4 = found.filter(({ family }) => family === 4)
  return (ipv4.length > 0 ? ipv4 : found).map(({ address }) => address)
}
