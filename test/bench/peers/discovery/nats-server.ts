// A nats-server with all its defaults, under the systems that stand on one.

import type { DiscoveryPeer } from './peer.ts'
import { findFreePort } from '../../free-port.ts'
import { openServer } from './restartable.ts'

export const onNats: Pick<DiscoveryPeer, 'needs' | 'openServer'> = {
  needs: { file: '/usr/sbin/nats-server', package: 'nats-server' },
  async openServer() {
    const port = await findFreePort()
    const args = ['-a', '127.0.0.1', '-p', String(port)]
    return openServer({ command: 'nats-server', debian: 'nats-server', args, port })
  },
}
