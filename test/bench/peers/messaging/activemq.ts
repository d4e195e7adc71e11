// ActiveMQ: queues and topics over STOMP, which is what Debian's has beside its own protocol and MQTT, by stompit.

import type { Client, OnMessage, Peer } from './peer.ts'
import { existsSync } from 'node:fs'
import { findFreePort } from '../../free-port.ts'
import { packageVersion } from '../package-version.ts'
import { makeFolder, readDebianVersion, startServer } from '../server.ts'
import { askInPairs } from './pairs.ts'
import { MissingPeer } from './peer.ts'
import { sendInWindow } from './window.ts'

const home = '/usr/share/activemq'
const jar = `${home}/bin/activemq.jar`

export const activemq: Peer = {
  name: 'ActiveMQ',
  settings:
    'STOMP over NIO; queues, topics for fan-out; messages not persistent; ack auto; 1 MiB or 1,000 messages under way; noDelay at the client; persistent=false, useJmx=false, 1 GiB of heap; requests over two queues',
  async start() {
    if (!existsSync(jar)) throw new MissingPeer('activemq is not installed: apt-get install activemq')
    const [port, { folder, remove }] = [await findFreePort(), await makeFolder()]
    const properties = [`-Dactivemq.home=${home}`, `-Dactivemq.base=${folder}`, `-Dactivemq.data=${folder}`]
    const broker = `broker:(stomp+nio://127.0.0.1:${port})?persistent=false&useJmx=false`
    const args = ['-Xmx1g', ...properties, '-jar', jar, 'start', broker]
    const server = await startServer({ command: 'java', args, debian: 'default-jre-headless', port })
    return {
      version: `${await readDebianVersion('activemq')}, ${packageVersion('stompit')}`,
      server: String(port),
      async close() {
        await server.close()
        await remove()
      },
    }
  },
  openClient,
}

async function openClient(port: string): Promise<Client> {
  const { default: stompit } = await import('stompit')
  const open = () =>
    new Promise<InstanceType<typeof stompit.Client>>((resolve, reject) => {
      stompit.connect({ host: '127.0.0.1', port: Number(port), noDelay: true }, (error, client) => {
        if (error) reject(error)
        else resolve(client)
      })
    })
  const sender = await open()
  let lastName = 0
  const nameOf = (kind: 'queue' | 'topic') => `/${kind}/bench.${process.pid}.${(lastName += 1)}`
  async function hear(destination: string, onMessage: OnMessage): Promise<string> {
    const receiver = await open()
    receiver.subscribe({ destination, ack: 'auto' }, (error, message) => {
      if (error) return
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.once('end', () => onMessage(chunks[0] && chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
    })
    return destination
  }
  function send(destination: string, body: Buffer, onSent?: () => void): void {
    const frame = sender.send({ destination, persistent: 'false', 'content-length': body.length })
    frame.end(body, onSent)
  }
  function sendTo(destination: string) {
    let sent: Promise<unknown> = Promise.resolve()
    return sendInWindow(
      (body) => (sent = new Promise<void>((resolve) => send(destination, body, resolve))),
      () => sent,
    )
  }
  return {
    receive: (onMessage) => hear(nameOf('queue'), onMessage),
    openSender: (address) => Promise.resolve(sendTo(address)),
    reply() {
      const queue = nameOf('queue')
      return hear(queue, (body) => send(`${queue}.reply`, Buffer.from(body)))
    },
    async openRequester(address) {
      const { request, onReply } = askInPairs((question) => send(address, question))
      await hear(`${address}.reply`, onReply)
      return request
    },
    async publish() {
      const address = nameOf('topic')
      return { address, send: sendTo(address) }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) await hear(address, onMessage)
    },
  }
}
