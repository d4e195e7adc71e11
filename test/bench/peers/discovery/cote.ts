// cote: programs find one another by UDP broadcasts, here within this machine; there is no server.

import type { DiscoveryPeer } from './peer.ts'
import { once } from 'node:events'
import cote from 'cote'
import { findFreePort } from '../../free-port.ts'
import { packageVersion } from '../package-version.ts'
import { service } from './peer.ts'
import { noServer } from './restartable.ts'

/** To nobody but this machine. */
function optionsAt(address: string) {
  return { port: Number(address.split(':').pop()), broadcast: '127.255.255.255', log: false }
}

export const peer: DiscoveryPeer = {
  version: async () => packageVersion('cote'),
  settings: 'broadcast; helloInterval 2 s, checkInterval 4 s, nodeTimeout 5 s: all defaults',
  lookups: 'has none of its own: the list of nodes in the process',
  openServer: async () => noServer(`127.0.0.1:${await findFreePort()}`),
  async provide(address, id) {
    const responder = new cote.Responder({ name: id, key: service }, optionsAt(address))
    // Several that look for a port at once in one process empty portfinder's list of hosts, and cote tells of a port null, which ends observers.
    await once(responder.sock, 'bind')
    return {
      async leave() {
        responder.close()
      },
    }
  },
  async observe(address, onChange) {
    const requester = new cote.Requester({ name: `observer-${process.pid}`, key: service }, optionsAt(address))
    const known = new Map<string, string>()
    requester.on('cote:added', ({ id, advertisement }) => {
      known.set(id, advertisement.name)
      onChange(new Set(known.values()))
    })
    requester.on('cote:removed', ({ id }) => {
      known.delete(id)
      onChange(new Set(known.values()))
    })
    return {
      async lookUp() {
        const ids = [...known.values()]
        return ids[Math.floor(Math.random() * ids.length)]
      },
      async close() {
        requester.close()
      },
    }
  },
}
