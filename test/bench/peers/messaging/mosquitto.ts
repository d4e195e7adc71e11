// Mosquitto: MQTT at most once (QoS 0), by MQTT.js.

import type { Client, OnMessage, Peer } from './peer.ts'
import { writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { findFreePort } from '../../free-port.ts'
import { packageVersion } from '../package-version.ts'
import { makeFolder, readVersion, startServer } from '../server.ts'
import { askInPairs } from './pairs.ts'
import { sendInWindow } from './window.ts'

export const mosquitto: Peer = {
  name: 'Mosquitto',
  settings:
    'MQTT 5, QoS 0, 1 MiB or 1,000 messages under way; set_tcp_nodelay, and setNoDelay at the client; no persistence, no limit of queued messages; requests over two topics',
  async start() {
    const [port, { folder, remove }] = [await findFreePort(), await makeFolder()]
    const file = join(folder, 'mosquitto.conf')
    const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence false', 'set_tcp_nodelay true']
    const unlimited = ['max_queued_messages 0', 'max_queued_bytes 0', 'log_type error']
    await writeFile(file, `${[...lines, ...unlimited].join('\n')}\n`)
    const server = await startServer({ command: 'mosquitto', args: ['-c', file], debian: 'mosquitto', port })
    return {
      version: `${await readVersion('mosquitto', ['-h'])}, ${packageVersion('mqtt')}`,
      server: `mqtt://127.0.0.1:${port}`,
      async close() {
        await server.close()
        await remove()
      },
    }
  },
  openClient,
}

async function openClient(url: string): Promise<Client> {
  const { connectAsync } = await import('mqtt')
  async function open() {
    const client = await connectAsync(url, { protocolVersion: 5 })
    // It writes a message in parts, which Nagle's algorithm would hold back for 40 ms.
    if (client.stream instanceof Socket) client.stream.setNoDelay()
    return client
  }
  const publisher = await open()
  let lastTopic = 0
  const nameTopic = () => `bench/${process.pid}/${(lastTopic += 1)}`
  async function hear(topic: string, onMessage: OnMessage): Promise<string> {
    const subscriber = await open()
    subscriber.on('message', (_topic, body) => onMessage(body))
    await subscriber.subscribeAsync(topic, { qos: 0 })
    return topic
  }
  function sendTo(topic: string) {
    let last: Promise<unknown> = Promise.resolve()
    return sendInWindow(
      (body) => (last = publisher.publishAsync(topic, body, { qos: 0 })),
      () => last,
    )
  }
  return {
    receive: (onMessage) => hear(nameTopic(), onMessage),
    openSender: (address) => Promise.resolve(sendTo(address)),
    reply() {
      const topic = nameTopic()
      return hear(topic, (body) => void publisher.publish(`${topic}/reply`, Buffer.from(body)))
    },
    async openRequester(address) {
      const { request, onReply } = askInPairs((question) => void publisher.publish(address, question))
      await hear(`${address}/reply`, onReply)
      return request
    },
    async publish() {
      const address = nameTopic()
      return { address, send: sendTo(address) }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) await hear(address, onMessage)
    },
  }
}
