// What both engines promise of the patterns that send messages one way or both: PUSH and PULL, PUB and SUB, PAIR, BUS. Who cannot see
// that a connection stands, or that there is room, says a thing until it is heard.

import type { Test } from 'tap'
import { setTimeout } from 'node:timers/promises'
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

/** Says it until every reader has heard it whole, skipping what was said before: not every publisher or bus waits for who has no room. */
async function tell(socket: Sender, text: string | Buffer, readers: readonly AsyncIterator<Message>[]): Promise<void> {
  const body = Buffer.from(text)
  const deaf = new Set(readers)
  const hearing = readers.map(async (reader) => {
    for (let isHeard = false; !isHeard;) {
      const { value, done } = await reader.next()
      if (done) throw new Error('the socket was closed')
      isHeard = body.equals(value.body)
    }
    deaf.delete(reader)
  })
  while (deaf.size > 0) {
    await socket.send(body)
    await setTimeout(10)
  }
  await Promise.all(hearing)
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
      const heard = new Set<string>()
      const subscriber = dialling.createSubscriber({ onMessage: (body) => void heard.add(body.toString('latin1')) })
      for (const prefix of ['a', 'a', Buffer.of(0xff, 0), 'last']) subscriber.subscribe(prefix)
      const listener = await listening.listen(address(), publisher)
      dialling.dial(listener.address, subscriber)
      let said = 0
      /** Not every publisher waits for room: all is said again until what is wanted is heard, and then what ends it. */
      const hear = async (wanted: string | undefined, ...others: string[]) => {
        heard.clear()
        said += 1
        const [isOver, end] = [`last ${said}`, `last ${said} of all`]
        while (!heard.has(wanted ?? isOver)) await say(...others, wanted ?? isOver)
        while (!heard.has(end)) await say(end)
        return [...heard].filter((text) => !text.startsWith('last'))
      }
      const say = async (...texts: string[]) => {
        for (const text of texts) {
          await publisher.send(Buffer.from(text, 'latin1'))
          await setTimeout(5)
        }
      }
      t.same(await hear('a1', 'b'), ['a1'])
      t.same(await hear('\xff\0\x01', '\xff'), ['\xff\0\x01'])
      subscriber.unsubscribe('a')
      t.same(await hear('a2'), ['a2'], 'subscribed twice')
      subscriber.unsubscribe('a')
      await hear(undefined)
      t.same(await hear(undefined, 'a3'), [])
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
    for (const message of messages) await tell(publisher, message, readers)
    t.pass()
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
    const heard: string[][] = [[], [], []]
    const [middle, left, right] = heard.map((texts, at) =>
      (at === 0 ? listening : dialling).createBus({ onMessage: (body) => void texts.push(String(body)) }),
    )
    if (!middle || !left || !right) throw new Error('three were made')
    const listener = await listening.listen(address(), middle)
    for (const bus of [left, right]) dialling.dial(listener.address, bus)
    for (const [text, bus, hears] of [
      ['from the middle', middle, [1, 2]],
      ['from the left', left, [0]],
      ['from the right', right, [0]],
    ] as const)
      while (!hears.every((at) => heard[at]?.includes(text))) {
        await bus.send(Buffer.from(text))
        await setTimeout(10)
      }
    t.same(
      heard.map((texts) => [...new Set(texts)]),
      [['from the left', 'from the right'], ['from the middle'], ['from the middle']],
      'nobody hears himself, or who is beyond',
    )
  })

  await t.test('BUS: messages of every size come whole', async (t) => {
    const { listening, dialling, address } = await open(t)
    const [one, other] = [listening.createBus(), dialling.createBus()]
    const listener = await listening.listen(address(), one)
    dialling.dial(listener.address, other)
    for (const message of messages) await tell(one, message, [other[Symbol.asyncIterator]()])
    t.pass()
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
