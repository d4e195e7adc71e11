// Kafka: a topic of one partition for each that hears, by Confluent's client, which stands on librdkafka: its interface of callbacks, the one
// with least between.

import type { Client, OnMessage, Peer, Send } from './peer.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '../../free-port.ts'
import { startComposed } from '../composed.ts'
import { loadPackage } from '../optional-package.ts'
import { packageVersion } from '../package-version.ts'
import { askInPairs } from './pairs.ts'

const clientPackage = '@confluentinc/kafka-javascript'

/** What is used of it: the types that come with it are there only where it is installed. */
interface KafkaClient {
  connect(options: object, onConnected: (error: Error | null) => void): unknown
}
interface Producer extends KafkaClient {
  /** Throws where the queue is full. */
  produce(topic: string, partition: number, body: Buffer): unknown
  flush(timeoutMs: number, onFlushed: (error?: Error | null) => void): unknown
  setPollInBackground(isSet: boolean): unknown
}
interface Consumer extends KafkaClient {
  assign(parts: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]): unknown
  consume(
    count: number,
    onMessages: (error: Error | null, messages: readonly { readonly value: Buffer }[]) => void,
  ): void
  queryWatermarkOffsets(
    topic: string,
    partition: number,
    timeoutMs: number,
    onOffsets: (error: Error | null, offsets: { readonly highOffset: number }) => void,
  ): void
  setDefaultConsumeTimeout(timeoutMs: number): void
  setDefaultIsTimeoutOnlyForFirstMessage(isSet: boolean): void
}
interface Kafka {
  readonly Producer: new (options: object, topicOptions: object) => Producer
  readonly KafkaConsumer: new (options: object, topicOptions: object) => Consumer
}

const producing = Object.freeze({
  'linger.ms': 0,
  'batch.size': 200_000,
  'message.max.bytes': 4_194_304,
  'queue.buffering.max.kbytes': 16_384,
  'queue.buffering.max.messages': 10_000,
  'socket.nagle.disable': true,
})
const consuming = Object.freeze({
  'enable.auto.commit': false,
  'fetch.min.bytes': 1,
  'fetch.queue.backoff.ms': 1,
  'socket.nagle.disable': true,
})
const withinMs = 10_000
const batch = 1_000

export const kafka: Peer = {
  name: 'Kafka',
  settings:
    'one broker, KRaft, its log in memory; topics of one partition, no groups, no commits; acks 1, linger 0, batches of 200 KB at most, no compression, 16 MiB or 10,000 messages queued; fetch.min.bytes 1; requests over two topics',
  async start() {
    const port = await findFreePort()
    const { image, close } = await startComposed({ name: 'kafka', port, needs: () => loadPackage(clientPackage) })
    return { version: `${image}, ${packageVersion(clientPackage)}`, server: `127.0.0.1:${port}`, close }
  },
  openClient,
}

function connect<Connected extends KafkaClient>(client: Connected): Promise<Connected> {
  return new Promise((resolve, reject) => {
    client.connect({ timeout: withinMs }, (error) => {
      if (error) reject(error)
      else resolve(client)
    })
  })
}

async function openClient(server: string): Promise<Client> {
  const kafkaPackage: Kafka = Object(loadPackage(clientPackage))
  const brokers = { 'bootstrap.servers': server }
  const producer = await connect(new kafkaPackage.Producer({ ...brokers, ...producing }, { acks: 1 }))
  producer.setPollInBackground(true)
  let lastTopic = 0
  const nameTopic = () => `bench.${process.pid}.${(lastTopic += 1)}`

  const sendTo =
    (topic: string): Send =>
    (body) => {
      if (tryTo(body)) return undefined
      return untilSent(body)
      function tryTo(what: Buffer): boolean {
        try {
          producer.produce(topic, 0, what)
          return true
        } catch (error) {
          if (isQueueFull(error)) return false
          throw error
        }
      }
      async function untilSent(what: Buffer): Promise<void> {
        do await delay(1)
        while (!tryTo(what))
      }
    }

  /** It is there once it has something in it. */
  async function createTopic(): Promise<string> {
    const topic = nameTopic()
    producer.produce(topic, 0, Buffer.from('first'))
    await new Promise<void>((resolve, reject) => {
      producer.flush(withinMs, (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
    return topic
  }

  /** From what comes next on. */
  async function hear(topic: string, onMessage: OnMessage): Promise<string> {
    const consumer = await connect(
      new kafkaPackage.KafkaConsumer(
        { ...brokers, ...consuming, 'group.id': topic },
        { 'auto.offset.reset': 'latest' },
      ),
    )
    consumer.setDefaultConsumeTimeout(100)
    consumer.setDefaultIsTimeoutOnlyForFirstMessage(true)
    const offset = await new Promise<number>((resolve, reject) => {
      consumer.queryWatermarkOffsets(topic, 0, withinMs, (error, offsets) => {
        if (error) reject(error)
        else resolve(offsets.highOffset)
      })
    })
    consumer.assign([{ topic, partition: 0, offset }])
    function consumeOn(): void {
      consumer.consume(batch, (error, messages) => {
        if (error) throw error
        for (const { value } of messages) onMessage(value)
        consumeOn()
      })
    }
    consumeOn()
    return topic
  }

  return {
    receive: async (onMessage) => hear(await createTopic(), onMessage),
    openSender: (address) => Promise.resolve(sendTo(address)),
    async reply() {
      const [topic, replies] = [await createTopic(), await createTopic()]
      await hear(topic, (body) => void producer.produce(replies, 0, Buffer.from(body)))
      return `${topic} ${replies}`
    },
    async openRequester(address) {
      const [topic = '', replies = ''] = address.split(' ')
      const { request, onReply } = askInPairs((question) => void producer.produce(topic, 0, question))
      await hear(replies, onReply)
      return request
    },
    async publish() {
      const address = await createTopic()
      return { address, send: sendTo(address) }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) await hear(address, onMessage)
    },
  }
}

function isQueueFull(error: unknown): boolean {
  // RD_KAFKA_RESP_ERR__QUEUE_FULL
  return error instanceof Error && 'code' in error && error.code === -184
}
