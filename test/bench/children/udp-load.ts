// Sends one packet again and again from a few sockets, with so many under way at once. Arguments: port, under way. `{ ms, packet }` runs
// it, and gives back how many answers came, in how many milliseconds, and the last of them.

import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const [port = '0', underWay = '1'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const sockets: Socket[] = []
for (let i = 0; i < 4; i += 1) {
  const socket = createSocket('udp4')
  socket.connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  sockets.push(socket)
}

process.on('message', (message) => {
  const { ms, packet }: { readonly ms: number; readonly packet: Uint8Array } = Object(message)
  const startedAtMs = performance.now()
  let answers = 0
  let seen = 0
  let last = Buffer.alloc(0)
  const send = () => {
    for (const socket of sockets) for (let i = 0; i < Number(underWay) / sockets.length; i += 1) socket.send(packet)
  }
  for (const socket of sockets)
    socket.removeAllListeners('message').on('message', (answer) => {
      answers += 1
      last = answer
      socket.send(packet)
    })
  // Packets may be lost: where nothing comes any more, all are sent again.
  const watch = setInterval(() => {
    if (answers === seen) send()
    seen = answers
  }, 50)
  send()
  function end(): void {
    // A short run on a busy machine may have had nothing yet.
    if (answers === 0) return void setTimeout(end, ms)
    clearInterval(watch)
    for (const socket of sockets) socket.removeAllListeners('message')
    process.send?.({ answers, ms: performance.now() - startedAtMs, last })
  }
  setTimeout(end, ms)
})
process.send?.({ ready: true })
