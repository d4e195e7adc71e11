// Hears what one-way-sender says: PULL on our engine, or bare sockets. Argument: the scheme of our engine's transport, `bare` or `bare-tls`. Says
// its port; then, for each `{ count }`, what passed from the first message of so many to the last.

import type { Socket } from 'node:net'
import type { Took } from '../stopwatch.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { listenBare, listenBareTls, onBareFrames } from '../bare.ts'
import { listenOptionsOf, preshared } from '../preshared.ts'
import { startStopwatch } from '../stopwatch.ts'

const [kind = 'tcp'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

let count = 0
let heard = 0
let took: () => Took = startStopwatch()

function onMessage(): void {
  if (heard === 0) took = startStopwatch()
  heard += 1
  if (heard === count) process.send?.(took())
}

process.on('message', (message) => {
  count = Number(Object(message).count)
  heard = 0
  process.send?.({})
})
const onSocket = (socket: Socket) => onBareFrames(socket, onMessage)
if (kind === 'bare') process.send?.({ port: (await listenBare(onSocket)).port })
else if (kind === 'bare-tls') process.send?.({ port: (await listenBareTls(onSocket, preshared.key)).port })
else {
  const engine = createSpEngine()
  const puller = engine.createPuller({ onMessage })
  const { address } = await engine.listen(`${kind}://127.0.0.1:0`, puller, listenOptionsOf(kind))
  process.send?.({ port: Number(address.split(':').pop()) })
}
