import type { Test } from 'tap'
import t from 'tap'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'

function open(t: Test, limits = {}) {
  const engine = createSpEngine({ limits })
  t.teardown(() => engine.close())
  return engine
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate)
}

for (const version of [0, 1] as const) {
  t.test(`PAIR v${version}: both ways, in order`, async (t) => {
    const engine = open(t, { maxQueuedBytes: 4_096 })
    const [left, right] = [engine.createPair({ version }), engine.createPair({ version })]
    const { address } = await engine.listen('tcp://127.0.0.1:0', left)
    engine.dial(address, right)
    const send = async (socket: typeof left) => {
      for (let i = 0; i < 1_000; i += 1) await socket.send(Buffer.from(String(i).padStart(50)))
    }
    const hear = async (socket: typeof left) => {
      let next = 0
      for await (const { body } of socket) {
        if (Number(body) !== next) t.fail(`${String(body)} came instead of ${next}`)
        next += 1
        if (next === 1_000) return
      }
    }
    await Promise.all([send(left), send(right), hear(left), hear(right)])
    t.pass()
  })

  t.test(`PAIR v${version}: a second peer is refused and counted, and taken when the first has left`, async (t) => {
    const engine = open(t)
    const left = engine.createPair({ version })
    const { address } = await engine.listen('tcp://127.0.0.1:0', left)
    const first = engine.createPair({ version })
    engine.dial(address, first)
    await first.send(Buffer.from('first'))
    for await (const { body } of left) {
      t.equal(String(body), 'first')
      break
    }
    const second = engine.createPair({ version })
    engine.dial(address, second)
    await until(() => (left.counters().rejected['second-peer'] ?? 0) > 0)
    t.equal(left.pipes.size, 1)
    await first.close()
    await until(() => second.pipes.size === 1 && left.pipes.size === 1)
    await second.send(Buffer.from('second'))
    for await (const { body } of left) {
      t.equal(String(body), 'second')
      break
    }
  })
}

t.test('PAIR v1 drops what has come through too many devices, and what has no count', async (t) => {
  const engine = open(t)
  const got: string[] = []
  const pair = engine.createPair({ version: 1, onMessage: (body) => void got.push(String(body)) })
  const { address } = await engine.listen('tcp://127.0.0.1:0', pair)
  const { connect } = await import('node:net')
  const peer = connect(Number(address.split(':').pop()), '127.0.0.1')
  t.teardown(() => void peer.destroy())
  const frame = (...bytes: number[]) => Buffer.from([0, 0, 0, 0, 0, 0, 0, bytes.length, ...bytes])
  peer.write(Buffer.from([0, 0x53, 0x50, 0, 0, 0x11, 0, 0]))
  peer.write(Buffer.concat([frame(0, 0, 0, 9, 65), frame(1, 0, 0, 1, 65), frame(1, 2), frame(0, 0, 0, 8, 66)]))
  await until(() => got.length > 0)
  t.same(got, ['B'])
  t.same(pair.counters().dropped, { 'too-many-hops': 1, malformed: 2 })
})

t.test('BUS: every neighbour gets a message once, its sender does not, and nobody beyond', async (t) => {
  const engine = open(t)
  const names = ['a', 'b', 'c']
  const got = new Map<string, string[]>(names.map((name) => [name, []]))
  const join = (name: string) => engine.createBus({ onMessage: (body) => void got.get(name)?.push(String(body)) })
  const [a, b, c] = [join('a'), join('b'), join('c')]
  // A row: a and c are neighbours of b alone.
  const { address } = await engine.listen('tcp://127.0.0.1:0', b)
  engine.dial(address, a)
  engine.dial(address, c)
  await until(() => b.pipes.size === 2)
  await b.send(Buffer.from('from b'))
  await a.send(Buffer.from('from a'))
  await until(() => got.get('a')?.length === 1 && got.get('b')?.length === 1 && got.get('c')?.length === 1)
  t.same(Object.fromEntries(got), { a: ['from b'], b: ['from a'], c: ['from b'] })
})

t.test('BUS: a neighbour that goes away while send waits for it holds up nobody', async (t) => {
  const engine = open(t, { maxQueuedBytes: 100 })
  const bus = engine.createBus()
  const { address } = await engine.listen('inproc://bus', bus)
  let release = () => {}
  const stuck = new Promise<void>((resolve) => (release = resolve))
  t.teardown(() => release())
  const neighbour = engine.createBus({ onMessage: () => stuck })
  engine.dial(address, neighbour)
  await until(() => bus.pipes.size === 1)
  let sent = 0
  const sending = (async () => {
    for (; sent < 5; sent += 1) await bus.send(Buffer.alloc(90))
  })()
  for (let i = 0; i < 5; i += 1) await new Promise(setImmediate)
  t.ok(sent < 5, 'it waits')
  await neighbour.close()
  await sending
  t.equal(sent, 5)
})
