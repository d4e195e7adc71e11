// etcd: a key under a lease that its owner keeps alive, and a watch of the prefix.

import type { DiscoveryPeer } from './peer.ts'
import { Etcd3 } from 'etcd3'
import { findFreePort } from '../../free-port.ts'
import { packageVersion } from '../package-version.ts'
import { readDebianVersion } from '../server.ts'
import { service } from './peer.ts'
import { openServer } from './restartable.ts'

const prefix = `services/${service}/`

export const peer: DiscoveryPeer = {
  version: async () => `${await readDebianVersion('etcd-server')}, ${packageVersion('etcd3')}`,
  settings: 'one member, fsync on; npm etcd3, a lease of 10 s as its documentation has it for service discovery',
  lookups: 'getAll() of the prefix: asks the server',
  needs: { file: '/usr/bin/etcd', package: 'etcd-server' },
  async openServer(folder) {
    const [port, peerPort] = [await findFreePort(), await findFreePort()]
    const [client, member] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`]
    const settings = {
      'data-dir': folder,
      'log-level': 'error',
      name: 'one',
      'initial-cluster': `one=${member}`,
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': member,
      'initial-advertise-peer-urls': member,
    }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
    return openServer({ command: '/usr/bin/etcd', debian: 'etcd-server', args, port })
  },
  async provide(address, id) {
    const client = new Etcd3({ hosts: `http://${address}` })
    const lease = client.lease(10)
    // After an outage that was too long for it the key is put again by whoever asks for that; none here is.
    lease.on('lost', () => {})
    await lease.put(prefix + id).value('tcp://10.0.0.7:80')
    return {
      async leave() {
        await lease.revoke()
        client.close()
      },
    }
  },
  async observe(address, onChange) {
    const client = new Etcd3({ hosts: `http://${address}` })
    const list = () => client.getAll().prefix(prefix).keys()
    const known = new Set<string>()
    const watcher = await client.watch().prefix(prefix).create()
    watcher.on('put', ({ key }) => {
      known.add(key.toString().slice(prefix.length))
      onChange(new Set(known))
    })
    watcher.on('delete', ({ key }) => {
      known.delete(key.toString().slice(prefix.length))
      onChange(new Set(known))
    })
    for (const key of await list()) known.add(key.slice(prefix.length))
    onChange(new Set(known))
    return {
      lookUp: list,
      async close() {
        await watcher.cancel()
        client.close()
      },
    }
  },
}
