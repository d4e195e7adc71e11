// One listening address for any number of sockets: the first bytes of a connection say which of them it is for.

import type { Listener, ListenOptions } from '../engine.ts'
import type { PatternSocket } from '../patterns/pattern-socket.ts'
import type { Transport } from '../transport.ts'
import { counterpartOf, endpointTypes } from '../endpoint-type.ts'
import { RollcallError } from '../error.ts'
import { defaultPriority } from '../patterns/pattern-socket.ts'

export async function openListener(
  transport: Transport,
  rest: string,
  sockets: readonly PatternSocket[],
  { priority = defaultPriority, credentials }: ListenOptions,
): Promise<Listener> {
  const byPeerType = new Map<number, PatternSocket>()
  for (const socket of sockets) {
    const peerType = endpointTypes[counterpartOf(socket.type)]
    if (byPeerType.has(peerType))
      throw new RollcallError('NOT_SUPPORTED', `two ${socket.type} sockets cannot share one address`)
    byPeerType.set(peerType, socket)
  }
  const bound = await transport.listen(rest, {
    credentials,
    typeFor(peerType) {
      const socket = byPeerType.get(peerType)
      return socket && !socket.isClosed ? endpointTypes[socket.type] : undefined
    },
    accept(carrier, peerType) {
      const socket = byPeerType.get(peerType)
      if (socket) socket.attach(carrier, priority)
      else carrier.destroy('wrong-role')
    },
    refused(reason) {
      // Nobody knows whom it was for: it is counted once, at the first.
      if (reason !== 'closed') sockets[0]?.countRejected(reason)
    },
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
