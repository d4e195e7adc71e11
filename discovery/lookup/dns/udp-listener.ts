// DNS over UDP: a packet in, a packet out. Promises that nothing that comes in, or cannot go out, ends the listener.

import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { Responder } from './responder.ts'

export interface UdpListenerOptions {
  readonly respond: Responder
  /** An IP address. */
  readonly host: string
  readonly port: number
}

export interface UdpListener {
  close(): Promise<void>
}

/** Some tens of thousands of questions, while the daemon does something else. The kernel gives what it is allowed to. */
const receiveBufferBytes = 4 * 1024 * 1024

/** Fails as `dgram.Socket.bind` does. */
export async function listenUdp({ respond, host, port }: UdpListenerOptions): Promise<UdpListener> {
  const socket = createSocket({
    type: isIPv6(host) ? 'udp6' : 'udp4',
    // Where a packet came from is an IP address: Node's own lookup of it takes longer than the answer does.
    lookup: (address, _options, callback) => callback(null, address, isIPv6(address) ? 6 : 4),
  })
  // With that lookup it listens before bind() comes back.
  const listening = once(socket, 'listening')
  socket.bind({ address: host, port, exclusive: true })
  try {
    await listening
  } catch (error) {
    socket.close()
    throw error
  }
  askForRoom(socket)
  socket.on('message', (message, { address, port: senderPort }) => {
    // Nobody is at port 0; it can only be forged.
    if (senderPort === 0) return
    const reply = respond(message, 'udp')
    // An answer that cannot be sent is one that was lost: the client asks again.
    if (reply) socket.send(reply, senderPort, address, ignore)
  })
  socket.on('error', ignore)
  return {
    async close() {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}

function askForRoom(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBufferBytes)
  } catch {
    // As large as the system has it, then.
  }
}

function ignore(): void {}
