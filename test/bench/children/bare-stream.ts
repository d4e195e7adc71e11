// A bare server that holds every connection open, and writes a text to all of them when it is told one: `{ text }`, answered with when it began
// (milliseconds since 1970).

import type { Socket } from 'node:net'
import { listenBare } from '../bare.ts'

process.once('disconnect', () => process.exit())

const sockets = new Set<Socket>()
const { port } = await listenBare((socket) => {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  socket.resume()
  socket.write('hello')
})
process.on('message', (message) => {
  const { text }: { readonly text: string } = Object(message)
  const atMs = performance.timeOrigin + performance.now()
  for (const socket of sockets) socket.write(text)
  process.send?.({ atMs })
})
process.send?.({ port })
