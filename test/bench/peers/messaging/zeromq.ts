// ZeroMQ: PUSH to PULL, DEALER to ROUTER, PUB to SUB, by its binding for Node.

import type { Client, OnMessage, Peer } from './peer.ts'
import { packageVersion } from '../package-version.ts'
import { askInPairs } from './pairs.ts'
import { MissingPeer } from './peer.ts'

export const zeromq: Peer = {
  name: 'ZeroMQ',
  settings:
    'tcp; PUSH to PULL, DEALER to ROUTER, PUB to SUB; send awaited; high-water marks of 1,000 messages (the default), none for PUB and SUB',
  async start() {
    const { version } = await load()
    return { version: `libzmq ${version}, ${packageVersion('zeromq')}`, server: '', close: () => Promise.resolve() }
  },
  openClient,
}

async function load() {
  try {
    return await import('zeromq')
  } catch {
    throw new MissingPeer('npm zeromq has no binary for this machine: npm rebuild zeromq')
  }
}

async function openClient(): Promise<Client> {
  const { Dealer, Publisher, Pull, Push, Router, Subscriber } = await load()
  async function bind(socket: { bind(address: string): Promise<void>; readonly lastEndpoint: string | null }) {
    await socket.bind('tcp://127.0.0.1:*')
    return String(socket.lastEndpoint)
  }
  async function hear(socket: AsyncIterable<Buffer[]>, onMessage: OnMessage): Promise<void> {
    for await (const [body] of socket) if (body) onMessage(body)
  }
  return {
    receive(onMessage) {
      const pull = new Pull()
      void hear(pull, onMessage)
      return bind(pull)
    },
    async openSender(address) {
      const push = new Push()
      push.connect(address)
      return (body) => push.send(body)
    },
    reply() {
      const router = new Router()
      void (async () => {
        for await (const frames of router) await router.send(frames)
      })()
      return bind(router)
    },
    async openRequester(address) {
      const dealer = new Dealer()
      dealer.connect(address)
      // One send at a time.
      let sent: Promise<void> = Promise.resolve()
      const { request, onReply } = askInPairs((question) => {
        sent = sent.then(() => dealer.send(question))
      })
      void hear(dealer, onReply)
      return request
    },
    async publish() {
      const publisher = new Publisher({ sendHighWaterMark: 0 })
      return { address: await bind(publisher), send: (body) => publisher.send(body) }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) {
        const subscriber = new Subscriber({ receiveHighWaterMark: 0 })
        subscriber.subscribe()
        subscriber.connect(address)
        void hear(subscriber, onMessage)
      }
    },
  }
}
