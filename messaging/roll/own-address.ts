// The address that this machine has towards a daemon, for engines whose pipes do not tell: that of a UDP socket connected
// to the daemon, which sends no packet. Promises an answer in every case; empty means that the daemon has to see for itself.

import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { unmapIp } from '../sp/address.ts'

export interface DaemonPlace {
  readonly host: string
  readonly port: number
}

/** Towards the first of these that has a route. */
export async function readOwnAddress(daemons: readonly DaemonPlace[]): Promise<string> {
  for (const daemon of daemons) {
    const own = await ownAddressTowards(daemon)
    if (own !== undefined) return own
  }
  return ''
}

async function ownAddressTowards({ host, port }: DaemonPlace): Promise<string | undefined> {
  const address = isIP(host) === 0 ? await resolve(host) : host
  if (address === undefined) return undefined
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
  try {
    return await new Promise<string | undefined>((settle) => {
      socket.once('error', () => settle(undefined))
      socket.once('connect', () => settle(unmapIp(socket.address().address)))
      socket.connect(port, address)
    })
  } finally {
    socket.close()
  }
}

async function resolve(host: string): Promise<string | undefined> {
  try {
    return (await lookup(host)).address
  } catch {
    // A resolver that is away now may know the next time.
    return undefined
  }
}
