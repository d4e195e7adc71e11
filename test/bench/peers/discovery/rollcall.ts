// Ours: the daemon as its users start it, join() and follow().

import type { DiscoveryPeer } from './peer.ts'
import { fileURLToPath } from 'node:url'
import { readVersion } from '../../../../cli/version.ts'
import { follow, join } from '../../../../messaging/index.ts'
import { findFreePort } from '../../free-port.ts'
import { nextPlace, service } from './peer.ts'
import { openServer } from './restartable.ts'

export const peer: DiscoveryPeer = {
  version: async () => readVersion(),
  settings: 'one daemon; INTERVAL 1000, DEADLINE 500, MISSES 3: all defaults',
  lookups: 'resolve() of follow(): in the process',
  async openServer() {
    const [port, httpPort] = [await findFreePort(), await findFreePort()]
    const program = fileURLToPath(new URL('../../../../cli/main.js', import.meta.url))
    const env = {
      PORT: String(port),
      HTTP_PORT: String(httpPort),
      HTTP_HOST: '127.0.0.1',
      DNS_PORT: '0',
      LOG_LEVEL: 'error',
    }
    return openServer({ command: process.execPath, debian: 'nodejs', args: [program, 'daemon'], env, port })
  },
  async provide(address, id) {
    const membership = await join({ discovery: [address], service, id, ...nextPlace() })
    return { leave: () => membership.leave() }
  },
  async observe(address, onChange) {
    const roll = await follow({ discovery: [address] })
    const name = roll.name(service)
    const tell = () => {
      if (!name.isKnown) return
      // Who is suspect is handed out only when nobody else is there.
      const alive = name.instances.filter(({ state }) => state === 'alive')
      onChange(new Set((alive.length > 0 ? alive : name.instances).map(({ id }) => id)))
    }
    name.onChange(tell)
    tell()
    return { lookUp: () => roll.resolve(service), close: () => roll.close() }
  },
}
