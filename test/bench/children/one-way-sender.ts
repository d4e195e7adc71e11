// Sends one way, each message as soon as there is room for it: PUSH on our engine, or bare sockets. Arguments: the scheme of our engine's
// transport, `bare` or `bare-tls`, and the port. For each `{ count, bytes }`, says what passed until the last had been taken.

import { once } from 'node:events'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { bareIdBytes, dialBare, dialBareTls, sendBare } from '../bare.ts'
import { dialOptionsOf, preshared } from '../preshared.ts'
import { startStopwatch } from '../stopwatch.ts'

const [kind = 'tcp', port = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const send = kind.startsWith('bare') ? await openBare() : await openEngine()
process.on('message', (message) => {
  const { count, bytes }: { readonly count: number; readonly bytes: number } = Object(message)
  const took = startStopwatch()
  void send(count, bytes).then(() => process.send?.(took()))
})
process.send?.({})

async function openBare() {
  const isTls = kind === 'bare-tls'
  const socket = isTls ? await dialBareTls(Number(port), preshared.key) : dialBare(Number(port))
  if (!isTls) await once(socket, 'connect')
  return (count: number, bytes: number) => sendBare(socket, Buffer.alloc(bytes - bareIdBytes, 'x'), count)
}

async function openEngine() {
  const engine = createSpEngine()
  const pusher = engine.createPusher()
  await new Promise((onPipe) => {
    engine.dial(`${kind}://127.0.0.1:${port}`, pusher, { ...dialOptionsOf(kind), onPipe })
  })
  return async (count: number, bytes: number) => {
    const body = Buffer.alloc(bytes, 'x')
    for (let i = 0; i < count; i += 1) await pusher.send(body)
  }
}
