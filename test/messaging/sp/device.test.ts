import type { Test } from 'tap'
import t from 'tap'
import type { Engine } from '../../../messaging/sp/engine.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate)
}

function open(t: Test, options: Parameters<typeof createSpEngine>[0] = {}): Engine {
  const engine = createSpEngine(options)
  t.teardown(() => engine.close())
  return engine
}

/** A device of this pattern, listening at both sides. */
async function openDevice(engine: Engine, pattern: Parameters<Engine['createDevice']>[0]) {
  const device = engine.createDevice(pattern)
  const front = await engine.listen('tcp://127.0.0.1:0', device.front)
  const back = device.back === device.front ? front : await engine.listen('tcp://127.0.0.1:0', device.back)
  return { device, front: front.address, back: back.address }
}

t.test('requests go through a device, and each reply finds its way back', async (t) => {
  const engine = open(t)
  const { front, back } = await openDevice(engine, 'REQREP')
  for (const name of ['a', 'b'])
    engine.dial(
      back,
      engine.createReplier((body) => Buffer.from(`${name} ${String(body)}`)),
    )
  const [one, other] = [engine.createRequester(), engine.createRequester()]
  engine.dial(front, one)
  engine.dial(front, other)
  const replies = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      (i % 2 === 0 ? one : other).request(Buffer.from(String(i)), { timeoutMs: 60_000 }).then(String),
    ),
  )
  t.same(
    replies.map((reply) => reply.slice(2)),
    Array.from({ length: 40 }, (_, i) => String(i)),
  )
  t.ok(replies.some((reply) => reply.startsWith('a')) && replies.some((reply) => reply.startsWith('b')))
})

t.test('a request waits in front of a device while nobody is behind it, without the device filling up', async (t) => {
  const engine = open(t)
  const { device, front, back } = await openDevice(engine, 'REQREP')
  const requester = engine.createRequester()
  engine.dial(front, requester)
  const replies = Array.from({ length: 5 }, (_, i) => requester.request(Buffer.from(String(i)), { timeoutMs: 60_000 }))
  await until(() => device.front.pipes.size === 1)
  engine.dial(
    back,
    engine.createReplier((body) => body),
  )
  t.same((await Promise.all(replies)).map(String), ['0', '1', '2', '3', '4'])
})

t.test('a survey through a device gets the answers of all, on one pipe that is known to be many', async (t) => {
  const engine = open(t)
  const { device, front, back } = await openDevice(engine, 'SURVEY')
  for (const name of ['a', 'b', 'c'])
    engine.dial(
      back,
      engine.createRespondent(() => Buffer.from(name)),
    )
  const surveyor = engine.createSurveyor()
  engine.dial(front, surveyor)
  await until(() => device.back.pipes.size === 3 && surveyor.pipes.size === 1)
  const ask = async () => {
    const answers: string[] = []
    for await (const { body } of surveyor.survey(Buffer.from('?'), { deadlineMs: 300 })) answers.push(String(body))
    return answers.toSorted()
  }
  // Nobody knows of the others until two have answered one question.
  let answers: string[] = []
  while (answers.length < 3) answers = await ask()
  t.same(answers, ['a', 'b', 'c'])
  t.equal([...surveyor.pipes][0]?.isMany, true)
})

t.test('seven devices in a row are passed, and the eighth drops and counts', async (t) => {
  const engine = open(t)
  const devices = []
  for (let i = 0; i < 8; i += 1) devices.push(await openDevice(engine, 'REQREP'))
  for (const [i, { back }] of devices.entries()) {
    const next = devices[i + 1]
    if (next) engine.dial(next.front, devices[i]?.device.back ?? engine.createRequester())
    else
      engine.dial(
        back,
        engine.createReplier((body) => body),
      )
  }
  const ask = (front: string | undefined, timeoutMs: number) => {
    const requester = engine.createRequester()
    engine.dial(front ?? '', requester)
    return requester.request(Buffer.from('x'), { timeoutMs }).then(String)
  }
  t.equal(await ask(devices[1]?.front, 60_000), 'x')
  await t.rejects(ask(devices[0]?.front, 300), { code: 'TIMEOUT' })
})

for (const [pattern, send, hear] of [
  ['PIPELINE', 'createPusher', 'createPuller'],
  ['PAIR', 'createPair', 'createPair'],
  ['PAIR1', 'createPair', 'createPair'],
  ['BUS', 'createBus', 'createBus'],
  ['LOOPBACK', 'createBus', 'createBus'],
  ['PUBSUB', 'createPublisher', 'createSubscriber'],
] as const)
  t.test(`${pattern}: a thousand messages arrive once and in order`, async (t) => {
    const engine = open(t, { limits: { maxQueuedBytes: 4_096 } })
    const { device, front, back } = await openDevice(engine, pattern)
    const version = pattern === 'PAIR1' ? 1 : 0
    const subscriber = hear === 'createSubscriber' ? engine.createSubscriber() : undefined
    subscriber?.subscribe('')
    const createReceiver = () => {
      if (hear === 'createPuller') return engine.createPuller()
      return hear === 'createBus' ? engine.createBus() : engine.createPair({ version })
    }
    const receiver = subscriber ?? createReceiver()
    const sender = send === 'createPair' ? engine.createPair({ version }) : engine[send]()
    engine.dial(back, receiver)
    engine.dial(front, sender)
    await until(() => device.front.pipes.size > 0 && device.back.pipes.size > (pattern === 'LOOPBACK' ? 1 : 0))
    await until(() => receiver.pipes.size === 1 && sender.pipes.size === 1)
    // A subscription takes its way through the device.
    const heard = { any: false }
    const first = (async () => {
      while (!heard.any) {
        await sender.send(Buffer.from('first'))
        await new Promise(setImmediate)
      }
      for (let i = 0; i < 1_000; i += 1) await sender.send(Buffer.from(String(i).padStart(30)))
    })()
    let next = 0
    for await (const { body } of receiver) {
      heard.any = true
      if (String(body) === 'first') continue
      if (Number(body) !== next) t.fail(`${String(body)} came instead of ${next}`)
      next += 1
      if (next === 1_000) break
    }
    await first
    t.equal(next, 1_000)
  })

t.test('LOOPBACK: what one neighbour says all others hear, and not itself', async (t) => {
  const engine = open(t)
  const { device, front } = await openDevice(engine, 'LOOPBACK')
  const got = new Map<string, string[]>()
  const join = (name: string) => {
    const list: string[] = []
    got.set(name, list)
    const bus = engine.createBus({ onMessage: (body) => void list.push(String(body)) })
    engine.dial(front, bus)
    return bus
  }
  const [a] = [join('a'), join('b'), join('c')]
  await until(() => device.front.pipes.size === 3)
  await until(() => a.pipes.size === 1)
  await a.send(Buffer.from('hello'))
  await until(() => got.get('b')?.length === 1 && got.get('c')?.length === 1)
  t.same(got.get('a'), [])
})

t.test('a device that is closed leaves nothing open', async (t) => {
  const engine = open(t)
  const { device, front } = await openDevice(engine, 'SURVEY')
  const surveyor = engine.createSurveyor()
  engine.dial(front, surveyor)
  await until(() => surveyor.pipes.size === 1)
  await device.close()
  await until(() => surveyor.pipes.size === 0)
  t.equal(device.front.pipes.size + device.back.pipes.size, 0)
})
