// Sends bytes as fast as they go, 64 KiB at a time: in a tunnel to cluster `sink` (`iris PORT` of the daemon), or on a bare socket (`bare PORT`).
// For each `{ bytes }`, says what passed until the last had been taken.

import { once } from 'node:events'
import { connect } from '../../../messaging/index.ts'
import { dialBare, maxWaitingBytes } from '../bare.ts'
import { startStopwatch } from '../stopwatch.ts'

const [kind = 'iris', port = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const piece = Buffer.alloc(65_536, 'x')
const send = kind === 'bare' ? await openBare() : await openTunnel()
process.on('message', (message) => {
  const took = startStopwatch()
  void sendAll(Number(Object(message).bytes)).then(() => process.send?.(took()))
})
process.send?.({})

async function sendAll(bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes; sent += piece.length) await send(piece)
}

async function openBare() {
  const socket = dialBare(Number(port))
  await once(socket, 'connect')
  return async (bytes: Buffer) => {
    socket.write(bytes)
    if (socket.writableLength >= maxWaitingBytes) await once(socket, 'drain')
  }
}

async function openTunnel() {
  const node = await connect({ discovery: [`127.0.0.1:${port}`], host: '127.0.0.1' })
  const tunnel = await untilThere(() => node.tunnel('sink'))
  return (bytes: Buffer) => tunnel.send(bytes)
}

/** Until the daemon has told of the member. */
async function untilThere<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 200; tries += 1) {
    const there = await ask().catch(() => undefined)
    if (there !== undefined) return there
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return ask()
}
