// Loaded before the program of a service (`node --import`): gives each replica that Compose starts a readable SERVICE_ID,
// `answer-2`. A container knows its random host name only, and Compose has no variable for the number, but Docker's DNS
// knows both. Asks it once; leaves the service its default where SERVICE_ID is set or nobody knows.

import { Resolver } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { readReplicaName, reverseName } from './replica-name.ts'

/** Docker's DNS is on this machine: what takes longer is no answer, and a service should start without it. */
const timeoutMs = 500

async function findReplicaName(): Promise<string | undefined> {
  // Not `dns.reverse`: it looks into /etc/hosts first, where the random name stands.
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 })
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  for (const { address, family, internal } of addresses) {
    if (internal || family !== 'IPv4') continue
    // No name is an answer like any other: outside Docker nobody knows these addresses.
    const [hostName] = await resolver.resolvePtr(reverseName(address)).catch((): string[] => [])
    if (hostName !== undefined) return readReplicaName(hostName)
  }
  return undefined
}

if (process.env['SERVICE_ID'] === undefined) {
  const name = await findReplicaName()
  if (name !== undefined) process.env['SERVICE_ID'] = name
}
