// A server of a peer, which can be started again with what it has kept; and what stands for one where a system has none.

import type { ServerOptions } from '../server.ts'
import type { PeerServer } from './peer.ts'
import { startServer } from '../server.ts'

export async function openServer(options: ServerOptions): Promise<PeerServer> {
  let server = await startServer(options)
  return {
    address: `127.0.0.1:${options.port}`,
    get pids() {
      return [server.pid]
    },
    async restart() {
      await server.kill()
      const startedAtMs = nowMs()
      server = await startServer(options)
      return { startedAtMs, listensAtMs: nowMs() }
    },
    close: () => server.kill(),
  }
}

function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

export function noServer(address: string): PeerServer {
  return {
    address,
    pids: [],
    restart: async () => ({ startedAtMs: nowMs(), listensAtMs: nowMs() }),
    close: () => Promise.resolve(),
  }
}
