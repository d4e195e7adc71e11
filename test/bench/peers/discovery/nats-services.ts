// NATS services: nothing is registered anywhere; whoever wants to know asks everyone, and hears who answers. The observer asks again and again.

import type { DiscoveryPeer } from './peer.ts'
import { connect } from 'nats'
import { packageVersion } from '../package-version.ts'
import { readDebianVersion } from '../server.ts'
import { onNats } from './nats-server.ts'
import { service } from './peer.ts'

export const peer: DiscoveryPeer = {
  version: async () => `${await readDebianVersion('nats-server')}, ${packageVersion('nats')}`,
  settings:
    'nats-server and npm nats with all defaults; observed by ping() after ping(), each of which waits 300 ms for another answer',
  lookups: '$SRV.PING: the first who answers',
  ...onNats,
  async provide(address, id) {
    const connection = await connect({ servers: address, maxReconnectAttempts: -1 })
    const added = await connection.services.add({ name: service, version: '1.0.0', metadata: { id } })
    return {
      async leave() {
        await added.stop()
        await connection.close()
      },
    }
  },
  async observe(address, onChange) {
    const connection = await connect({ servers: address, maxReconnectAttempts: -1 })
    const client = connection.services.client()
    let known: ReadonlySet<string> = new Set()
    const ask = async () => {
      const heard = new Set<string>()
      for await (const { metadata } of await client.ping(service)) {
        const id = metadata?.['id'] ?? ''
        heard.add(id)
        if (!known.has(id)) onChange((known = new Set([...known, id])))
      }
      return heard
    }
    const watch = async () => {
      while (!connection.isClosed()) {
        // Nobody is there, or the server is away.
        const heard = await ask().catch(
          () => new Promise<Set<string>>((resolve) => setTimeout(() => resolve(new Set()), 5)),
        )
        onChange((known = heard))
      }
    }
    void watch()
    return {
      lookUp: () => connection.request(`$SRV.PING.${service}`, undefined, { timeout: 5_000 }),
      async close() {
        await connection.close()
      },
    }
  },
}
