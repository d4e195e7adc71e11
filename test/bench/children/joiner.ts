// A process that is up already and puts a service on the roll when told: `{ name, id? }` opens a connection that answers for it,
// and says when it began to connect (milliseconds since 1970); `{ drop: name }` closes that, as the kernel does for a process that was killed.

import type { Socket } from 'node:net'
import { onBareFrames, dialBare, writeBareFrame } from '../bare.ts'

const [port = '0'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const respondentHello = Buffer.from('0053500000630000', 'hex')
const helloBytes = 8
const sockets = new Map<string, Socket>()
/** Each process has a host of its own: a place is one provider. */
const host = `10.${(process.pid >> 16) & 255}.${(process.pid >> 8) & 255}.${process.pid & 255}`
let lastPort = 1_000

function answer(socket: Socket, line: string): void {
  const body = Buffer.from(line)
  socket.once('data', (chunk: Buffer) => {
    onBareFrames(socket, (id) => void socket.write(writeBareFrame(id, body)))
    if (chunk.length > helloBytes) socket.emit('data', chunk.subarray(helloBytes))
  })
}

process.on('message', (message) => {
  const { name, id, drop }: { readonly name?: string; readonly id?: string; readonly drop?: string } = Object(message)
  if (drop !== undefined) {
    const atMs = performance.timeOrigin + performance.now()
    sockets.get(drop)?.destroy()
    sockets.delete(drop)
    process.send?.({ atMs })
    return
  }
  const atMs = performance.timeOrigin + performance.now()
  const socket = dialBare(Number(port))
  socket.write(respondentHello)
  lastPort += 1
  answer(socket, `{"service":"${name}","id":"${id ?? name}","address":"tcp://${host}:${lastPort}"}`)
  sockets.set(id ?? name ?? '', socket)
  process.send?.({ atMs })
})
process.send?.({ ready: true })
