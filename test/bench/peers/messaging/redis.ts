// Redis: channels of PUBLISH and SUBSCRIBE, by its own client for Node.

import type { Client, OnMessage, Peer } from './peer.ts'
import { findFreePort } from '../../free-port.ts'
import { packageVersion } from '../package-version.ts'
import { makeFolder, readVersion, startServer } from '../server.ts'
import { askInPairs } from './pairs.ts'
import { sendInWindow } from './window.ts'

export const redis: Peer = {
  name: 'Redis',
  settings:
    'channels (PUBLISH, SUBSCRIBE), buffers, pipelined, 1 MiB or 1,000 messages under way; save "", appendonly no, no output limit for pubsub; requests over two channels',
  async start() {
    const [port, { folder, remove }] = [await findFreePort(), await makeFolder()]
    const options = `--port ${port} --bind 127.0.0.1 --dir ${folder} --appendonly no`.split(' ')
    const unlimited = ['--save', '', '--client-output-buffer-limit', 'pubsub 0 0 0']
    const args = [...options, ...unlimited]
    const server = await startServer({ command: 'redis-server', args, debian: 'redis-server', port })
    return {
      version: `${await readVersion('redis-server', ['--version'])}, ${packageVersion('redis')}`,
      server: `redis://127.0.0.1:${port}`,
      async close() {
        await server.close()
        await remove()
      },
    }
  },
  openClient,
}

async function openClient(url: string): Promise<Client> {
  const { createClient } = await import('redis')
  // A connection that hears does nothing else.
  const open = () => createClient({ url }).connect()
  const publisher = await open()
  let lastChannel = 0
  const nameChannel = () => `bench-${process.pid}-${(lastChannel += 1)}`
  async function hear(channel: string, onMessage: OnMessage): Promise<string> {
    const subscriber = await open()
    await subscriber.subscribe(channel, onMessage, true)
    return channel
  }
  function sendTo(channel: string) {
    let last: Promise<unknown> = Promise.resolve()
    return sendInWindow(
      (body) => (last = publisher.publish(channel, body)),
      () => last,
    )
  }
  return {
    receive: (onMessage) => hear(nameChannel(), onMessage),
    openSender: (address) => Promise.resolve(sendTo(address)),
    reply() {
      const channel = nameChannel()
      return hear(channel, (body) => void publisher.publish(`${channel}-reply`, Buffer.from(body)))
    },
    async openRequester(address) {
      const { request, onReply } = askInPairs((question) => void publisher.publish(address, question))
      await hear(`${address}-reply`, onReply)
      return request
    },
    async publish() {
      const address = nameChannel()
      return { address, send: sendTo(address) }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) await hear(address, onMessage)
    },
  }
}
