// Connections that were refused, in the log with the peer's address: a warning for each address and reason, not for each
// of the attempts that a peer with an old key makes every two seconds. All are counted by the socket.

import type { Clock } from '../messaging/sp/clock.ts'
import type { PipeAddress } from '../messaging/sp/engine.ts'
import type { DaemonLog } from './daemon-options.ts'
import { formatHostPort } from '../messaging/sp/address.ts'

const againAfterMs = 60_000
const maxPeers = 1_000

/** Looks of health checks and port scans, which say nothing. */
const quietReasons: ReadonlySet<string> = new Set(['closed-in-handshake', 'closed'])

export function createRefusedPeers(log: DaemonLog, clock: Clock) {
  let told = new Set<string>()
  let since = clock.nowMs()
  return (reason: string, remote: PipeAddress | undefined): void => {
    const nowMs = clock.nowMs()
    if (nowMs - since >= againAfterMs || told.size >= maxPeers) {
      told = new Set()
      since = nowMs
    }
    const peer = `${remote?.host ?? ''} ${reason}`
    const level = quietReasons.has(reason) || told.has(peer) ? 'debug' : 'warn'
    told.add(peer)
    log[level]({ reason, peer: remote && formatHostPort(remote) }, 'connection refused')
  }
}
