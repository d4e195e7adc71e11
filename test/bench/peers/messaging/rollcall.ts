// Our engine: PUSH to PULL, REQ to REP, PUB to SUB, over tcp.

import type { SpSocket } from '../../../../messaging/sp/engine.ts'
import type { Client, Peer } from './peer.ts'
import { createSpEngine } from '../../../../messaging/sp/engines/sp.ts'

export const rollcall: Peer = {
  name: 'rollcall',
  settings: 'tcp; PUSH to PULL, REQ to REP, PUB to SUB; defaults',
  start: () => Promise.resolve({ version: 'this one', server: '', close: () => Promise.resolve() }),
  openClient,
}

async function openClient(): Promise<Client> {
  const engine = createSpEngine()
  const listen = async (socket: SpSocket) => (await engine.listen('tcp://127.0.0.1:0', socket)).address
  const dial = (address: string, socket: SpSocket) =>
    new Promise<void>((resolve) => {
      engine.dial(address, socket, { onPipe: () => resolve() })
    })
  return {
    receive: (onMessage) => listen(engine.createPuller({ onMessage })),
    async openSender(address) {
      const pusher = engine.createPusher()
      await dial(address, pusher)
      return (body) => pusher.send(body)
    },
    reply: () => listen(engine.createReplier((body) => body)),
    async openRequester(address) {
      const requester = engine.createRequester()
      await dial(address, requester)
      return (body) => requester.request(body, { timeoutMs: 5_000 })
    },
    async publish() {
      const publisher = engine.createPublisher()
      return { address: await listen(publisher), send: (body) => publisher.send(body) }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) {
        const subscriber = engine.createSubscriber({ onMessage })
        subscriber.subscribe('')
        await dial(address, subscriber)
      }
    },
  }
}
