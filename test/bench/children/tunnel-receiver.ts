// Hears what tunnel-sender says, in a tunnel to cluster `sink` (`iris PORT` of the daemon) or on bare sockets (`bare`). For each
// `{ bytes }`, says what passed from the first bytes to the last of so many.

import type { Took } from '../stopwatch.ts'
import { connect } from '../../../messaging/index.ts'
import { listenBare } from '../bare.ts'
import { startStopwatch } from '../stopwatch.ts'

const [kind = 'iris', port = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

let wanted = 0
let heard = 0
let took: () => Took = startStopwatch()

function onBytes({ length }: Buffer): void {
  if (heard === 0) took = startStopwatch()
  heard += length
  if (heard === wanted) process.send?.(took())
}

process.on('message', (message) => {
  wanted = Number(Object(message).bytes)
  heard = 0
  process.send?.({})
})
if (kind === 'bare') process.send?.({ port: (await listenBare((socket) => socket.on('data', onBytes))).port })
else {
  await connect({
    cluster: 'sink',
    discovery: [`127.0.0.1:${port}`],
    host: '127.0.0.1',
    handlers: {
      tunnel(tunnel) {
        void (async () => {
          for await (const message of tunnel) onBytes(message)
        })()
      },
    },
  })
  process.send?.({})
}
