// A member of cluster `echo`, or the same work without a cluster: `iris PORT` of the daemon, `bare`, or `nats PORT` of the server.

import { connect as connectNats } from '@nats-io/transport-node'
import { connect } from '../../../messaging/index.ts'
import { answerBare, listenBare } from '../bare.ts'

const [kind = 'iris', port = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

if (kind === 'bare') process.send?.({ port: (await listenBare((socket) => answerBare(socket))).port })
else if (kind === 'nats') {
  const connection = await connectNats({ servers: `127.0.0.1:${port}` })
  connection.subscribe('echo', { queue: 'q', callback: (_error, message) => void message.respond(message.data) })
  await connection.flush()
  process.send?.({})
} else {
  await connect({
    cluster: 'echo',
    discovery: [`127.0.0.1:${port}`],
    host: '127.0.0.1',
    handlers: { request: (body) => body },
  })
  process.send?.({})
}
