// The default gateways of this machine or container. Through a published port every peer looks like the gateway, so an
// address that the daemon filled in from there is worth a warning. Linux only; elsewhere none are known.

import { readFile } from 'node:fs/promises'

export async function readGateways(path = '/proc/net/route'): Promise<ReadonlySet<string>> {
  let table: string
  try {
    table = await readFile(path, 'utf8')
  } catch {
    // No such file on this system: nothing is known of gateways, and nothing marked unsure for them.
    return new Set()
  }
  return new Set(parseGateways(table))
}

/** The gateway column of the kernel's table: IPv4 addresses as hexadecimal numbers in the machine's byte order. */
export function parseGateways(table: string): string[] {
  const gateways = []
  for (const line of table.split('\n').slice(1)) {
    const [, , gateway] = line.split('\t')
    if (gateway === undefined || !/^[0-9A-F]{8}$/i.test(gateway) || gateway === '00000000') continue
    gateways.push([...Buffer.from(gateway, 'hex')].toReversed().join('.'))
  }
  return gateways
}
