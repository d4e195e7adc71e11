// RabbitMQ: transient queues, nothing acknowledged, by amqplib.

import type { Client, OnMessage, Peer } from './peer.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findFreePort } from '../../free-port.ts'
import { packageVersion } from '../package-version.ts'
import { makeFolder, readDebianVersion, startServer } from '../server.ts'

const debian = 'rabbitmq-server'
/** Debian's own script starts it as another user. */
const command = '/usr/lib/rabbitmq/bin/rabbitmq-server'

export const rabbitmq: Peer = {
  name: 'RabbitMQ',
  settings:
    'classic transient queues, exclusive; messages of delivery mode 1; noAck; no confirms; no plugins; requests by direct reply-to; fan-out exchange',
  async start() {
    const { folder, remove } = await makeFolder()
    const [port, portOfNodes, portOfNames] = [await findFreePort(), await findFreePort(), await findFreePort()]
    const plugins = join(folder, 'enabled_plugins')
    await writeFile(plugins, '[].\n')
    const names = await startServer({
      command: 'epmd',
      args: ['-port', String(portOfNames), '-address', '127.0.0.1'],
      debian,
      port: portOfNames,
    })
    const env = {
      HOME: folder,
      // The script then becomes the server, instead of one that waits for it.
      RUNNING_UNDER_SYSTEMD: 'true',
      ERL_EPMD_PORT: String(portOfNames),
      RABBITMQ_NODENAME: `bench${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(portOfNodes),
      RABBITMQ_MNESIA_BASE: join(folder, 'data'),
      RABBITMQ_LOG_BASE: join(folder, 'log'),
      RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
      RABBITMQ_CONFIG_FILE: join(folder, 'none'),
      RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    }
    const server = await startServer({ command, args: [], debian, port, env })
    return {
      version: `${await readDebianVersion(debian)}, ${packageVersion('amqplib')}`,
      server: `amqp://guest:guest@127.0.0.1:${port}`,
      async close() {
        await server.close()
        await names.close()
        await remove()
      },
    }
  },
  openClient,
}

async function openClient(url: string): Promise<Client> {
  const { connect } = await import('amqplib')
  const open = async () => (await connect(url, { noDelay: true })).createChannel()
  const channel = await open()
  const transient = { exclusive: true, durable: false, autoDelete: true }
  async function hear(onMessage: OnMessage, exchange?: string): Promise<string> {
    const own = await open()
    const { queue } = await own.assertQueue('', transient)
    if (exchange !== undefined) await own.bindQueue(queue, exchange, '')
    await own.consume(queue, (message) => void (message && onMessage(message.content)), { noAck: true })
    return queue
  }
  const sendTo = (exchange: string, key: string) => (body: Buffer) =>
    channel.publish(exchange, key, body, { deliveryMode: 1 })
      ? undefined
      : new Promise<void>((resolve) => channel.once('drain', resolve))
  return {
    receive: (onMessage) => hear(onMessage),
    openSender: (address) => Promise.resolve(sendTo('', address)),
    async reply() {
      const { queue } = await channel.assertQueue('', transient)
      const answer = (
        message: { content: Buffer; properties: { replyTo?: unknown; correlationId?: unknown } } | null,
      ) => {
        if (!message) return
        const { replyTo, correlationId } = message.properties
        channel.publish('', String(replyTo), message.content, { correlationId: String(correlationId) })
      }
      await channel.consume(queue, answer, { noAck: true })
      return queue
    },
    async openRequester(address) {
      const waiting = new Map<string, (reply: Buffer) => void>()
      let lastId = 0
      // One direct reply-to to a channel.
      const own = await open()
      const replyTo = 'amq.rabbitmq.reply-to'
      await own.consume(
        replyTo,
        (message) => {
          if (!message) return
          const id = String(message.properties.correlationId)
          waiting.get(id)?.(message.content)
          waiting.delete(id)
        },
        { noAck: true },
      )
      return (body) =>
        new Promise((resolve) => {
          const correlationId = String((lastId += 1))
          waiting.set(correlationId, resolve)
          own.publish('', address, body, { replyTo, correlationId, deliveryMode: 1 })
        })
    },
    async publish() {
      const { exchange } = await channel.assertExchange(`bench-${process.pid}`, 'fanout', { durable: false })
      return { address: exchange, send: sendTo(exchange, '') }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) await hear(onMessage, address)
    },
  }
}
