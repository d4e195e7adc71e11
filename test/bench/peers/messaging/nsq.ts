// NSQ: one nsqd, a topic for each that hears, by nsqjs, its official client for Node. What is sent in a turn leaves together (MPUB).

import type { Client, OnMessage, Peer, Send } from './peer.ts'
import { once } from 'node:events'
import { findFreePort } from '../../free-port.ts'
import { startComposed } from '../composed.ts'
import { loadPackage } from '../optional-package.ts'
import { packageVersion } from '../package-version.ts'
import { askInPairs } from './pairs.ts'
import { sendInWindow } from './window.ts'

const clientPackage = 'nsqjs'

/** What is used of it: no types come with it. */
interface Emitter extends NodeJS.EventEmitter {
  connect(): void
}
interface Writer extends Emitter {
  publish(topic: string, bodies: readonly Buffer[], onDone: (error?: Error | null) => void): void
}
interface Nsq {
  readonly Writer: new (host: string, port: number) => Writer
  readonly Reader: new (topic: string, channel: string, options: object) => Emitter
}
interface Message {
  readonly body: Buffer
  finish(): void
}

/** In flight to each reader: nsqd's own limit. */
const maxInFlight = 2_500

export const nsq: Peer = {
  name: 'NSQ',
  settings: `one nsqd, messages in memory; what a turn sends by one MPUB; ${maxInFlight.toLocaleString('en')} in flight, each finished; output_buffer_timeout 1 ms; 1 MiB or 1,000 messages under way; a channel for each subscriber; requests over two topics`,
  async start() {
    const port = await findFreePort()
    const { image, close } = await startComposed({ name: 'nsq', port, needs: () => loadPackage(clientPackage) })
    return { version: `${image}, ${packageVersion(clientPackage)}`, server: `127.0.0.1:${port}`, close }
  },
  openClient,
}

async function openClient(server: string): Promise<Client> {
  const { Reader, Writer }: Nsq = Object(loadPackage(clientPackage))
  const [host = '', port = ''] = server.split(':')
  const writer = new Writer(host, Number(port))
  writer.connect()
  await once(writer, 'ready')
  let lastTopic = 0
  const nameTopic = () => `bench.${process.pid}.${(lastTopic += 1)}`

  async function hear(topic: string, channel: string, onMessage: OnMessage): Promise<string> {
    const reader = new Reader(topic, channel, { nsqdTCPAddresses: server, maxInFlight, outputBufferTimeout: 1 })
    reader.on('message', (message: Message) => {
      onMessage(message.body)
      message.finish()
    })
    reader.connect()
    await once(reader, 'nsqd_connected')
    return topic
  }

  function sendTo(topic: string): Send {
    let batch: Buffer[] = []
    let taken: Promise<unknown> = Promise.resolve()
    function add(body: Buffer): void {
      batch.push(body)
      if (batch.length > 1) return
      taken = new Promise<void>((resolve, reject) => {
        process.nextTick(() => {
          const bodies = batch
          batch = []
          writer.publish(topic, bodies, (error) => {
            if (error) reject(error)
            else resolve()
          })
        })
      })
    }
    return sendInWindow(add, () => taken)
  }

  return {
    receive: (onMessage) => hear(nameTopic(), 'bench', onMessage),
    openSender: (address) => Promise.resolve(sendTo(address)),
    reply() {
      const topic = nameTopic()
      const send = sendTo(`${topic}.reply`)
      return hear(topic, 'bench', (body) => void send(Buffer.from(body)))
    },
    async openRequester(address) {
      const send = sendTo(address)
      const { request, onReply } = askInPairs((question) => void send(question))
      await hear(`${address}.reply`, 'bench', onReply)
      return request
    },
    async publish() {
      const address = nameTopic()
      return { address, send: sendTo(address) }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) await hear(address, `bench-${i}`, onMessage)
    },
  }
}
