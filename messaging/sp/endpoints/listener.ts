// One listening address for any number of sockets: the first bytes of a connection say which of them it is for.

import type { Listener, ListenOptions, PipeAddress } from '../engine.ts'
import type { PatternSocket } from '../patterns/pattern-socket.ts'
import type { Transport } from '../transport.ts'
import { RollcallError } from '../error.ts'
import { defaultPriority } from '../priority.ts'

export async function openListener(
  transport: Transport,
  rest: string,
  sockets: readonly PatternSocket[],
  { priority = defaultPriority, credentials, onRefused }: ListenOptions,
): Promise<Listener> {
  const byPeerType = new Map<number, { readonly socket: PatternSocket; readonly type: number }>()
  for (const socket of sockets)
    for (const { type, peerType } of socket.roles) {
      if (byPeerType.has(peerType))
        throw new RollcallError('NOT_SUPPORTED', `two ${socket.type} sockets cannot share one address`)
      byPeerType.set(peerType, { socket, type })
    }
  function refused(reason: string, remote: PipeAddress | undefined): void {
    if (reason === 'closed') return
    // Nobody knows whom it was for: it is counted once, at the first.
    sockets[0]?.countRejected(reason)
    onRefused?.(reason, remote)
  }
  /** Its key was withdrawn while it shook hands, when it was no pipe yet that could have been closed. */
  function isRevoked(identity: string | undefined): boolean {
    return credentials !== undefined && 'keyOf' in credentials && !credentials.keyOf(identity ?? '')
  }
  const bound = await transport.listen(rest, {
    credentials,
    typeFor(peerType) {
      const taken = byPeerType.get(peerType)
      return taken && !taken.socket.isClosed ? taken.type : undefined
    },
    accept(carrier, peerType) {
      const taken = byPeerType.get(peerType)
      if (isRevoked(carrier.identity)) {
        refused('key-revoked', carrier.remote)
        carrier.destroy('key-revoked')
      } else if (taken) taken.socket.attach(carrier, { priority, peerType })
      else carrier.destroy('wrong-role')
    },
    refused,
  })
  const listener: Listener = {
    address: `${transport.scheme}://${bound.rest}`,
    close() {
      bound.close()
      for (const socket of sockets) socket.disown(listener)
      return Promise.resolve()
    },
  }
  // The address is free again when the last of its sockets is closed.
  let openSockets = sockets.length
  const share = {
    close: () => {
      openSockets -= 1
      return openSockets === 0 ? listener.close() : Promise.resolve()
    },
  }
  for (const socket of sockets) socket.own(sockets.length === 1 ? listener : share)
  return listener
}
