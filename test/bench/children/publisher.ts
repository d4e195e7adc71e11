// Publishes messages of 100 bytes: PUB on our engine, or bare sockets. Arguments: `sp` or `bare`, and over how many topics. Says its port; then, for
// each `{ count }`, what passed until the last had been taken.

import type { Socket } from 'node:net'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { bareIdBytes, listenBare, publishBare } from '../bare.ts'
import { startStopwatch } from '../stopwatch.ts'
import { messagesOn } from '../topics.ts'

const [kind = 'sp', topics = '1'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const bytes = 100
const { port, publish } = kind === 'bare' ? await openBare() : await openPublisher()
process.on('message', (message) => {
  const took = startStopwatch()
  void publish(Number(Object(message).count)).then(() => process.send?.(took()))
})
process.send?.({ port })

async function openBare() {
  const sockets: Socket[] = []
  const messages = messagesOn(Number(topics), bytes - bareIdBytes)
  const listening = await listenBare((socket) => void sockets.push(socket))
  return { port: listening.port, publish: (count: number) => publishBare(sockets, messages, count) }
}

async function openPublisher() {
  const engine = createSpEngine()
  const publisher = engine.createPublisher()
  const messages = messagesOn(Number(topics), bytes)
  const { address } = await engine.listen('tcp://127.0.0.1:0', publisher)
  async function publishAll(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const message = messages[i % messages.length]
      if (message) await publisher.send(message)
    }
  }
  return { port: Number(address.split(':').pop()), publish: publishAll }
}
