// Sends numbered messages of random sizes with a PUSH. Arguments: the scheme of the transport, the port, and how many.

import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { dialOptionsOf } from '../preshared.ts'

const [scheme = 'tcp', port = '', count = '0'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const [minBytes, maxBytes] = [4, 1_024]
const engine = createSpEngine()
const pusher = engine.createPusher()
engine.dial(`${scheme}://127.0.0.1:${port}`, pusher, dialOptionsOf(scheme))
for (let i = 0; i < Number(count); i += 1) {
  const body = Buffer.allocUnsafe(minBytes + Math.floor(Math.random() * (maxBytes - minBytes)))
  body.writeUInt32BE(i)
  await pusher.send(body)
}
process.send?.({})
