// What both engines promise of the patterns that send messages one way or both: PUSH and PULL, PUB and SUB, PAIR, BUS. Who cannot see
// that a connection stands says its first word until it is heard.

import type { Test } from 'tap'
import type { Message, Receiver, Sender } from '../../messaging/sp/engine.ts'
import type { World } from './engine-contract.ts'

const sizes = [0, 1, 100, 16_384, 70_000, 1_000_000]
const messages = sizes.map((bytes, index) => Buffer.alloc(bytes, index + 1))

async function sendAll(socket: Sender): Promise<void> {
  for (const message of messages) await socket.send(message)
}

async function hearAll(t: Test, socket: Receiver): Promise<void> {
  let next = 0
  for await (const { body } of socket) {
    t.ok(messages[next]?.equals(body), `message ${next} of ${sizes[next]} bytes`)
    next += 1
    if (next === messages.length) return
  }
}

/** The next message that is not `first`. */
async function hear(reader: AsyncIterator<Message>, first?: string): Promise<Buffer> {
  for (;;) {
    const { value, done } = await reader.next()
    if (done) throw new Error('the socket was closed')
    if (String(value.body) !== first) return value.body
  }
}

/** Says the first word until each has heard it, since until then it may be lost. */
async function connected(socket: Sender, readers: readonly AsyncIterator<Message>[]): Promise<void> {
  const deaf = new Set(readers)
  for (const reader of readers) void reader.next().then(() => deaf.delete(reader))
  while (deaf.size > 0) {
    await socket.send(Buffer.from('first'))
    await new Promise(setImmediate)
  }
}

export async function verifyMessages(t: Test, open: (t: Test) => Promise<World>): Promise<void> {
  await t.test('PUSH and PULL: every message once, whole and in order', async (t) => {
    const { listening, dialling, address } = await open(t)
    const [puller, pusher] = [listening.createPuller(), dialling.createPusher()]
    const listener = await listening.listen(address(), puller)
    dialling.dial(listener.address, pusher, { priority: 1 })
    await Promise.all([sendAll(pusher), hearAll(t, puller)])
  })

  await t.test(
    'PUSH: where PULL dials, and is not read for a while, nothing is lost and nobody is asked to hurry',
    async (t) => {
      const { listening, dialling, address } = await open(t)
      const pusher = listening.createPusher()
      let release = () => {}
      const stuck = new Promise<void>((resolve) => (release = resolve))
      const heard: number[] = []
      const puller = dialling.createPuller({
        onMessage(body) {
          heard.push(body.readUInt32BE(0))
          return heard.length === 1 ? stuck : undefined
        },
      })
      const listener = await listening.listen(address(), pusher, { priority: 16 })
      dialling.dial(listener.address, puller)
      const count = 400
      let sent = 0
      const sending = (async () => {
        for (; sent < count; sent += 1) {
          const body = Buffer.alloc(65_536)
          body.writeUInt32BE(sent)
          await pusher.send(body)
        }
      })()
      // 25 MB are more than there is room for on the way.
      while (heard.length === 0) await new Promise(setImmediate)
      await t.rejects(
        async () => {
          for (;;) await pusher.send(Buffer.alloc(65_536), { timeoutMs: 1 })
        },
        { code: /TIMEOUT|QUEUE_FULL/ },
      )
      t.ok(sent < count, 'it waits')
      release()
      await sending
      while (heard.at(-1) !== count - 1) await new Promise(setImmediate)
      t.same(
        heard.filter((number, at) => number !== 0 || at === 0),
        Array.from({ length: count }, (_, number) => number),
      )
    },
  )

  await t.test(
    'PUB and SUB: what begins with a prefix, be it text or bytes, as long as it is subscribed to',
    async (t) => {
      const { listening, dialling, address } = await open(t)
      const publisher = listening.createPublisher()
      const subscriber = dialling.createSubscriber()
      for (const prefix of ['first', 'a', 'a', Buffer.of(0xff, 0), 'last']) subscriber.subscribe(prefix)
      const listener = await listening.listen(address(), publisher)
      dialling.dial(listener.address, subscriber)
      const reader = subscriber[Symbol.asyncIterator]()
      await connected(publisher, [reader])
      const say = async (...bodies: (string | Buffer)[]) => {
        for (const body of bodies) await publisher.send(Buffer.from(body))
        const heard = []
        for (;;) {
          const body = await hear(reader, 'first')
          if (String(body) === 'last') return heard
          heard.push(body.toString('latin1'))
        }
      }
      t.same(await say('b', 'a1', Buffer.of(0xff), Buffer.of(0xff, 0, 1), 'last'), ['a1', '\xff\0\x01'])
      subscriber.unsubscribe('a')
      t.same(await say('a2', 'last'), ['a2'], 'subscribed twice')
      subscriber.unsubscribe('a')
      t.same(await say('a3', 'last'), [])
    },
  )

  await t.test('PUB: each of several subscribers gets every message whole', async (t) => {
    const { listening, dialling, address } = await open(t)
    const publisher = listening.createPublisher()
    const listener = await listening.listen(address(), publisher)
    const readers = ['a', 'b', 'c'].map(() => {
      const subscriber = dialling.createSubscriber()
      subscriber.subscribe('')
      dialling.dial(listener.address, subscriber)
      return subscriber[Symbol.asyncIterator]()
    })
    await connected(publisher, readers)
    // One at a time: not every publisher waits for who has no room.
    for (const [at, message] of messages.entries()) {
      await publisher.send(message)
      for (const reader of readers) t.ok(message.equals(await hear(reader, 'first')), `message ${at}`)
    }
  })

  await t.test('PAIR: both ways, in order', async (t) => {
    const { listening, dialling, address } = await open(t)
    const [one, other] = [listening.createPair(), dialling.createPair()]
    const listener = await listening.listen(address(), one)
    dialling.dial(listener.address, other)
    await Promise.all([sendAll(one), hearAll(t, other), sendAll(other), hearAll(t, one)])
  })

  await t.test('BUS: to every neighbour, and not back', async (t) => {
    const { listening, dialling, address } = await open(t)
    const [middle, left, right] = [listening.createBus(), dialling.createBus(), dialling.createBus()]
    const listener = await listening.listen(address(), middle)
    for (const bus of [left, right]) dialling.dial(listener.address, bus)
    const [hearsMiddle, hearsLeft, hearsRight] = [middle, left, right].map((bus) => bus[Symbol.asyncIterator]())
    if (!hearsMiddle || !hearsLeft || !hearsRight) throw new Error('three were made')
    await connected(middle, [hearsLeft, hearsRight])
    for (const message of messages) {
      await middle.send(message)
      for (const reader of [hearsLeft, hearsRight]) t.ok(message.equals(await hear(reader, 'first')))
    }
    await left.send(Buffer.from('from the left'))
    t.equal(String(await hear(hearsMiddle)), 'from the left')
    await right.send(Buffer.from('from the right'))
    t.equal(String(await hear(hearsMiddle)), 'from the right', 'nobody hears himself, or who is beyond')
  })

  await t.test('what waits to be sent ends with CLOSED, and what is too large is not sent', async (t) => {
    const { dialling } = await open(t)
    const pusher = dialling.createPusher()
    await t.rejects(pusher.send(Buffer.alloc(1_048_577)), { code: 'TOO_LARGE' })
    await t.rejects(pusher.send(Buffer.from('nobody'), { timeoutMs: 1 }), { code: 'TIMEOUT' })
    const sending = t.rejects(pusher.send(Buffer.from('nobody')), { code: 'CLOSED' })
    await pusher.close()
    await sending
    await t.rejects(pusher.send(Buffer.from('closed')), { code: 'CLOSED' })
    const puller = dialling.createPuller()
    const reading = puller[Symbol.asyncIterator]().next()
    await puller.close()
    t.match(await reading, { done: true })
  })
}
