// Echoes requests: on our engine, on npm nanomsg, or on bare sockets. Says its port.

import { openEngine } from '../../../messaging/sp/index.ts'
import { answerBare, listenBare } from '../bare.ts'

const [kind = 'sp'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

if (kind === 'bare') {
  const { port } = await listenBare((socket) => answerBare(socket))
  process.send?.({ port })
} else {
  const engine = await openEngine(kind === 'nanomsg' ? 'nanomsg' : 'sp')
  const listener = await engine.listen(
    'tcp://127.0.0.1:0',
    engine.createReplier((body) => body),
  )
  process.send?.({ port: Number(listener.address.split(':').pop()) })
}
