import type { Test } from 'tap'
import t from 'tap'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'

function open(t: Test, options: Parameters<typeof createSpEngine>[0] = {}) {
  const engine = createSpEngine(options)
  t.teardown(() => engine.close())
  return engine
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate)
}

/** One message at a time, until it has come: who dials may not have told its prefixes yet. */
async function sendUntil(send: () => Promise<void>, isHeard: () => boolean): Promise<void> {
  while (!isHeard()) {
    await send()
    await new Promise(setImmediate)
  }
}

for (const scheme of ['tcp', 'inproc'])
  t.test(
    `a subscriber over ${scheme} gets what begins with its prefixes, and nothing after it has unsubscribed`,
    async (t) => {
      const engine = open(t)
      const publisher = engine.createPublisher()
      const { address } = await engine.listen(scheme === 'tcp' ? 'tcp://127.0.0.1:0' : 'inproc://prices', publisher)
      const got: string[] = []
      const subscriber = engine.createSubscriber({ onMessage: (body) => void got.push(String(body)) })
      subscriber.subscribe('a')
      subscriber.subscribe('ab')
      engine.dial(address, subscriber)
      await sendUntil(
        () => publisher.send(Buffer.from('abc')),
        () => got.length > 0,
      )
      subscriber.subscribe('end')
      subscriber.unsubscribe('a')
      subscriber.unsubscribe('never')
      got.length = 0
      await sendUntil(
        async () => {
          await publisher.send(Buffer.from('axe'))
          await publisher.send(Buffer.from('about'))
          await publisher.send(Buffer.from('end'))
        },
        () => got.includes('end'),
      )
      t.notOk(got.includes('axe'))
      t.ok(got.includes('about'))
    },
  )

t.test(
  'our publisher sends our subscribers nothing that they do not want; a foreign one gets everything',
  async (t) => {
    const engine = open(t)
    let attached = 0
    const publisher = engine.createPublisher({ onAttach: () => void (attached += 1) })
    const { address } = await engine.listen('tcp://127.0.0.1:0', publisher)
    const subscriber = engine.createSubscriber()
    engine.dial(address, subscriber)
    // A peer that says it is a plain SUB, as foreign ones do.
    const { connect } = await import('node:net')
    const foreign = connect(Number(address.split(':').pop()), '127.0.0.1')
    t.teardown(() => void foreign.destroy())
    const bytes: Buffer[] = []
    foreign.on('data', (chunk: Buffer) => void bytes.push(chunk))
    foreign.write(Buffer.from([0, 0x53, 0x50, 0, 0, 0x21, 0, 0]))
    await until(() => attached === 2)
    await publisher.send(Buffer.from('news'))
    await until(() => Buffer.concat(bytes).includes('news'))
    const heard = Buffer.concat(bytes)
    t.same(
      heard,
      Buffer.concat([Buffer.from([0, 0x53, 0x50, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]), Buffer.from('news')]),
    )
  },
)

t.test('our subscriber tells a foreign publisher nothing, and filters what it sends', async (t) => {
  const { createServer } = await import('node:net')
  const heard: Buffer[] = []
  const types: number[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length < 8) return
      types.push(bytes.readUInt16BE(4))
      // As nanomsg does with a type that it does not talk to.
      if (bytes.readUInt16BE(4) !== 0x21) {
        socket.destroy()
        return
      }
      socket.removeAllListeners('data').on('data', (more: Buffer) => void heard.push(more))
      const frame = (text: string) =>
        Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)])
      socket.write(Buffer.concat([Buffer.from([0, 0x53, 0x50, 0, 0, 0x20, 0, 0]), frame('no'), frame('yes')]))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  const engine = open(t)
  t.teardown(() => void server.close())
  const subscriber = engine.createSubscriber()
  subscriber.subscribe('y')
  engine.dial(`tcp://127.0.0.1:${Object(bound).port}`, subscriber)
  for await (const { body } of subscriber) {
    t.equal(String(body), 'yes')
    break
  }
  t.same(types, [0x4921, 0x21])
  t.same(heard, [])
})

t.test('a thousand subscribers get each message once', async (t) => {
  const engine = open(t)
  let attached = 0
  const publisher = engine.createPublisher({ onAttach: () => void (attached += 1) })
  const { address } = await engine.listen('inproc://crowd', publisher)
  const counts = Array.from({ length: 1_000 }, () => 0)
  const warm = new Set<number>()
  for (const index of counts.keys()) {
    const subscriber = engine.createSubscriber({
      onMessage(body) {
        if (String(body) === 'warm') warm.add(index)
        else counts[index] = (counts[index] ?? 0) + 1
      },
    })
    subscriber.subscribe('')
    engine.dial(address, subscriber)
  }
  await until(() => attached === 1_000)
  // Whoever is attached last tells its prefix a turn later.
  await sendUntil(
    () => publisher.send(Buffer.from('warm')),
    () => warm.size === 1_000,
  )
  for (let i = 0; i < 5; i += 1) await publisher.send(Buffer.from('x'))
  await until(() => counts.every((count) => count === 5))
  t.pass()
})

t.test('a subscriber that stays slow is cut off with a reason, and holds up nobody for longer', async (t) => {
  const clock = createFakeClock()
  const engine = open(t, { clock, limits: { maxQueuedBytes: 1_000 } })
  const reasons: string[] = []
  const publisher = engine.createPublisher({ slowAfterMs: 500, onDetach: (_pipe, reason) => void reasons.push(reason) })
  const { address } = await engine.listen('inproc://slow', publisher)
  let release = () => {}
  const stuck = new Promise<void>((resolve) => (release = resolve))
  t.teardown(() => release())
  let heard = 0
  const subscriber = engine.createSubscriber({
    onMessage() {
      heard += 1
      return stuck
    },
  })
  subscriber.subscribe('')
  engine.dial(address, subscriber)
  await sendUntil(
    () => publisher.send(Buffer.alloc(10)),
    () => heard > 0,
  )
  let isWaiting = true
  const sending = (async () => {
    for (let i = 0; i < 4; i += 1) await publisher.send(Buffer.alloc(600))
    isWaiting = false
  })()
  for (let i = 0; i < 10; i += 1) await new Promise(setImmediate)
  t.equal(isWaiting, true)
  clock.advance(500)
  await sending
  t.same(reasons, ['slow'])
  t.match(publisher.counters().rejected, { slow: 1 })
})

for (const overflow of ['drop-oldest', 'drop-newest'] as const)
  t.test(`${overflow}: send never waits for a slow subscriber, and what it misses is counted`, async (t) => {
    const engine = open(t, { limits: { maxQueuedBytes: 1_000 } })
    const publisher = engine.createPublisher({ overflow, maxQueuedBytes: 1_000 })
    const { address } = await engine.listen('inproc://drop', publisher)
    const got: string[] = []
    let release = () => {}
    const stuck = new Promise<void>((resolve) => (release = resolve))
    const subscriber = engine.createSubscriber({
      onMessage(body) {
        got.push(String(body).trim())
        return stuck
      },
    })
    subscriber.subscribe('')
    engine.dial(address, subscriber)
    await sendUntil(
      () => publisher.send(Buffer.from('first')),
      () => got.length > 0,
    )
    for (let i = 0; i < 20; i += 1) await publisher.send(Buffer.from(String(i).padEnd(200)))
    const dropped = publisher.counters().dropped['queue-full'] ?? 0
    t.ok(dropped > 0 && dropped < 20, `${dropped} dropped`)
    release()
    await publisher.send(Buffer.from('last'))
    const isOver = () => (overflow === 'drop-oldest' ? got.includes('last') : got.includes('0'))
    await until(isOver)
    t.equal(got.includes('19'), overflow === 'drop-oldest')
  })

t.test('a subscriber that tells nonsense is closed and counted, and costs nobody else', async (t) => {
  const engine = open(t)
  const publisher = engine.createPublisher()
  const { address } = await engine.listen('tcp://127.0.0.1:0', publisher)
  const { connect } = await import('node:net')
  const hostile = connect(Number(address.split(':').pop()), '127.0.0.1')
  hostile.on('error', () => undefined)
  const isClosed = new Promise<void>((resolve) => hostile.once('close', () => resolve()))
  hostile.resume()
  hostile.write(Buffer.from([0, 0x53, 0x50, 0, 0x49, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 9, 9]))
  await isClosed
  t.match(publisher.counters().rejected, { 'bad-subscription': 1 })
  const got: string[] = []
  const subscriber = engine.createSubscriber({ onMessage: (body) => void got.push(String(body)) })
  subscriber.subscribe('')
  engine.dial(address, subscriber)
  await sendUntil(
    () => publisher.send(Buffer.from('good')),
    () => got.length > 0,
  )
})
