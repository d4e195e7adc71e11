// Every pattern of the engine `sp` over every transport: messages of many sizes come once, whole and in order, both ways where there are two.
// Transports that need keys get one made here.

import type { Test } from 'tap'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Engine, Receiver, Sender, SpSocket } from '../../messaging/sp/engine.ts'
import { openEngine } from '../../messaging/sp/index.ts'

const transports = ['tcp', 'tcp over IPv6', 'tls+tcp', 'ipc', 'ws', 'inproc'] as const

const key = randomBytes(32)
const identity = 'any/thing/call'
/** Around what is copied, framed in one, and cut by a socket. */
const sizes = [0, 1, 100, 1_024, 16_384, 16_385, 70_000, 1_000_000]
const messages = sizes.map((bytes, index) => Buffer.alloc(bytes, index + 1))

interface World {
  readonly engine: Engine
  /** Listens with the first and dials with the second, and waits until they are connected. */
  readonly connect: (listening: SpSocket, dialling: SpSocket) => Promise<void>
}

async function openWorld(t: Test, transport: (typeof transports)[number]): Promise<World> {
  const engine = await openEngine('sp')
  const directory = await mkdtemp(join(tmpdir(), 'sp-'))
  t.teardown(async () => {
    await engine.close()
    await rm(directory, { recursive: true, force: true })
  })
  const addresses: Readonly<Record<(typeof transports)[number], string>> = {
    tcp: 'tcp://127.0.0.1:0',
    'tcp over IPv6': 'tcp://[::1]:0',
    'tls+tcp': 'tls+tcp://127.0.0.1:0',
    ipc: `ipc://${directory}/socket`,
    ws: 'ws://127.0.0.1:0/path',
    inproc: `inproc://${directory}`,
  }
  const isSecured = transport === 'tls+tcp'
  return {
    engine,
    async connect(listening, dialling) {
      const keyOf = (name: string) => (name === identity ? key : undefined)
      const listener = await engine.listen(addresses[transport], listening, isSecured ? { credentials: { keyOf } } : {})
      const credentials = () => ({ identity, key })
      engine.dial(listener.address, dialling, isSecured ? { credentials } : {})
      while (listening.pipes.size === 0 || dialling.pipes.size === 0) await new Promise(setImmediate)
    },
  }
}

async function sendAll(socket: Sender): Promise<void> {
  for (const message of messages) await socket.send(message)
}

async function heardAll(t: Test, socket: Receiver): Promise<void> {
  let next = 0
  for await (const { body } of socket) {
    t.ok(messages[next]?.equals(body), `message ${next} of ${sizes[next]} bytes`)
    next += 1
    if (next === messages.length) return
  }
}

for (const transport of transports)
  t.test(`every pattern over ${transport}`, async (t) => {
    await t.test('PUSH and PULL', async (t) => {
      const { engine, connect } = await openWorld(t, transport)
      const [pusher, puller] = [engine.createPusher(), engine.createPuller()]
      await connect(puller, pusher)
      await Promise.all([sendAll(pusher), heardAll(t, puller)])
    })

    for (const version of [0, 1] as const)
      await t.test(`PAIR v${version}`, async (t) => {
        const { engine, connect } = await openWorld(t, transport)
        const [one, other] = [engine.createPair({ version }), engine.createPair({ version })]
        await connect(one, other)
        await Promise.all([sendAll(one), heardAll(t, other), sendAll(other), heardAll(t, one)])
      })

    await t.test('BUS', async (t) => {
      const { engine, connect } = await openWorld(t, transport)
      const [one, other] = [engine.createBus(), engine.createBus()]
      await connect(one, other)
      await Promise.all([sendAll(one), heardAll(t, other), sendAll(other), heardAll(t, one)])
    })

    for (const listens of ['PUB', 'SUB'] as const)
      await t.test(`PUB and SUB, where ${listens} listens`, async (t) => {
        const { engine, connect } = await openWorld(t, transport)
        const [publisher, subscriber] = [engine.createPublisher(), engine.createSubscriber()]
        subscriber.subscribe('')
        await (listens === 'PUB' ? connect(publisher, subscriber) : connect(subscriber, publisher))
        // A subscription takes its way: the first message is said until it is heard.
        const heard = { any: false }
        const saying = (async () => {
          while (!heard.any) {
            await publisher.send(Buffer.from('first'))
            await new Promise(setImmediate)
          }
          await sendAll(publisher)
        })()
        let next = 0
        for await (const { body } of subscriber) {
          heard.any = true
          if (String(body) === 'first') continue
          t.ok(messages[next]?.equals(body), `message ${next} of ${sizes[next]} bytes`)
          next += 1
          if (next === messages.length) break
        }
        await saying
      })

    await t.test('REQ and REP', async (t) => {
      const { engine, connect } = await openWorld(t, transport)
      const [requester, replier] = [engine.createRequester(), engine.createReplier((body) => Buffer.from(body))]
      await connect(replier, requester)
      const replies = await Promise.all(messages.map((message) => requester.request(message, { timeoutMs: 20_000 })))
      for (const [index, reply] of replies.entries()) t.ok(messages[index]?.equals(reply))
    })

    await t.test('SURVEYOR and RESPONDENT', async (t) => {
      const { engine, connect } = await openWorld(t, transport)
      const [surveyor, respondent] = [engine.createSurveyor(), engine.createRespondent((body) => Buffer.from(body))]
      await connect(surveyor, respondent)
      for (const message of messages) {
        const answers: Buffer[] = []
        for await (const { body } of surveyor.survey(message, { deadlineMs: 20_000 })) answers.push(Buffer.from(body))
        t.ok(answers.length === 1 && answers[0]?.equals(message))
      }
    })

    await t.test('LINK', async (t) => {
      const { engine, connect } = await openWorld(t, transport)
      const got: Buffer[] = []
      const one = engine.createLink({ onMessage: (_pipe, message) => void got.push(Buffer.from(message)) })
      const other = engine.createLink({ onMessage: (pipe, message) => other.send(pipe, Buffer.alloc(0), message) })
      await connect(one, other)
      const [pipe] = one.pipes
      for (const message of messages) if (pipe) one.send(pipe, Buffer.alloc(0), message)
      while (got.length < messages.length) await new Promise(setImmediate)
      for (const [index, message] of got.entries()) t.ok(messages[index]?.equals(message))
    })
  })
