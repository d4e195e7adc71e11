// Moleculer: each program is a node that tells all others what it has, here over NATS, and has a registry of its own.

import type { DiscoveryPeer } from './peer.ts'
import { ServiceBroker } from 'moleculer'
import { packageVersion } from '../package-version.ts'
import { readDebianVersion } from '../server.ts'
import { onNats } from './nats-server.ts'
import { service } from './peer.ts'

function openBroker(address: string, nodeID: string): ServiceBroker {
  return new ServiceBroker({ nodeID, transporter: `nats://${address}`, logger: false })
}

const action = `${service}.ping`

export const peer: DiscoveryPeer = {
  version: async () => `${await readDebianVersion('nats-server')}, ${packageVersion('moleculer')}`,
  settings: 'NATS transporter; heartbeatInterval 10 s, heartbeatTimeout 30 s: all defaults',
  lookups: 'next endpoint of an action: in the process; goes through all of them each time',
  ...onNats,
  async provide(address, id) {
    const broker = openBroker(address, id)
    broker.createService({ name: service, actions: { ping: () => 'pong' } })
    await broker.start()
    return { leave: () => broker.stop() }
  },
  async observe(address, onChange) {
    const broker = openBroker(address, `observer-${process.pid}`)
    const tell = () => {
      const found: readonly unknown[] = broker.registry.getServiceList({ onlyAvailable: true })
      const services = found.map((each): { readonly name: string; readonly nodeID: string } => Object(each))
      onChange(new Set(services.filter(({ name }) => name === service).map(({ nodeID }) => nodeID)))
    }
    for (const event of ['$services.changed', '$node.connected', '$node.updated', '$node.disconnected'])
      broker.localBus.on(event, tell)
    await broker.start()
    tell()
    return {
      async lookUp() {
        const found: unknown = broker.findNextActionEndpoint(action)
        if (found instanceof Error) throw found
        return found
      },
      close: () => broker.stop(),
    }
  },
}
