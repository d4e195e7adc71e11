import type { Test } from 'tap'
import t from 'tap'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'

function open(t: Test, limits = {}) {
  const engine = createSpEngine({ limits })
  t.teardown(() => engine.close())
  return engine
}

function attached(count: number) {
  let left = count
  let done = () => {}
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  return { all, onAttach: () => void ((left -= 1) === 0 && done()) }
}

t.test('ten thousand messages arrive once and in order, at a reader that stalls at random', async (t) => {
  const engine = open(t, { maxQueuedBytes: 4_096 })
  const puller = engine.createPuller()
  const { address } = await engine.listen('tcp://127.0.0.1:0', puller)
  const pusher = engine.createPusher()
  engine.dial(address, pusher)
  const count = 10_000
  const sending = (async () => {
    for (let i = 0; i < count; i += 1) await pusher.send(Buffer.from(String(i).padStart(100)))
  })()
  let next = 0
  for await (const { body } of puller) {
    if (Number(body) !== next) t.fail(`${String(body)} came instead of ${next}`)
    next += 1
    if (Math.random() < 0.01) await new Promise(setImmediate)
    if (next === count) break
  }
  await sending
  t.equal(next, count)
})

t.test('messages go to the peers in turn', async (t) => {
  const engine = open(t)
  const pusher = engine.createPusher(attachedBy(2))
  const got: string[][] = [[], []]
  for (const list of got) {
    const puller = engine.createPuller({ onMessage: (body) => void list.push(String(body)) })
    const { address } = await engine.listen('tcp://127.0.0.1:0', puller)
    engine.dial(address, pusher)
  }
  await ready.all
  for (let i = 0; i < 10; i += 1) await pusher.send(Buffer.from(String(i)))
  while (got.flat().length < 10) await new Promise(setImmediate)
  t.same(
    got.map((list) => list.length),
    [5, 5],
  )
})

let ready = attached(0)
function attachedBy(count: number) {
  ready = attached(count)
  return { onAttach: ready.onAttach }
}

t.test('a lower number is written to first, and the next level only when nobody of it can be', async (t) => {
  const engine = open(t)
  const got: Record<string, number> = { near: 0, far: 0 }
  const listen = async (name: string) => {
    const socket = engine.createPuller({ onMessage: () => void (got[name] = (got[name] ?? 0) + 1) })
    return { socket, address: (await engine.listen('tcp://127.0.0.1:0', socket)).address }
  }
  const [near, far] = await Promise.all([listen('near'), listen('far')])
  const both = attached(2)
  let lost = () => {}
  const isLost = new Promise<void>((resolve) => (lost = resolve))
  const pusher = engine.createPusher({ onAttach: both.onAttach, onDetach: () => lost() })
  engine.dial(far.address, pusher, { priority: 2 })
  engine.dial(near.address, pusher, { priority: 1 })
  await both.all
  for (let i = 0; i < 6; i += 1) await pusher.send(Buffer.from('x'))
  while ((got['near'] ?? 0) < 6) await new Promise(setImmediate)
  t.same(got, { near: 6, far: 0 })
  await near.socket.close()
  await isLost
  for (let i = 0; i < 4; i += 1) await pusher.send(Buffer.from('x'))
  while ((got['far'] ?? 0) < 4) await new Promise(setImmediate)
  t.same(got, { near: 6, far: 4 })
  t.throws(() => engine.dial(far.address, pusher, { priority: 17 }), { code: 'ADDRESS_INVALID' })
})

t.test('send waits while nobody is there, for as long as it may', async (t) => {
  const clock = createFakeClock()
  const engine = createSpEngine({ clock })
  t.teardown(() => engine.close())
  const pusher = engine.createPusher()
  const waiting = pusher.send(Buffer.from('a'), { timeoutMs: 100 })
  clock.advance(100)
  await t.rejects(waiting, { code: 'TIMEOUT' })
  const aborter = new AbortController()
  const aborted = pusher.send(Buffer.from('b'), { signal: aborter.signal })
  aborter.abort(new Error('enough'))
  await t.rejects(aborted, { message: 'enough' })
  const closed = pusher.send(Buffer.from('c'))
  await pusher.close()
  await t.rejects(closed, { code: 'CLOSED' })
  await t.rejects(pusher.send(Buffer.from('d')), { code: 'CLOSED' })
})

t.test('what waits is bounded in bytes', async (t) => {
  const engine = open(t)
  const pusher = engine.createPusher({ maxQueuedBytes: 10 })
  const first = pusher.send(Buffer.alloc(6))
  await t.rejects(pusher.send(Buffer.alloc(6)), { code: 'QUEUE_FULL' })
  await t.rejects(pusher.send(Buffer.alloc(2_000_000)), { code: 'TOO_LARGE' })
  await Promise.all([t.rejects(first, { code: 'CLOSED' }), pusher.close()])
})

for (const [overflow, kept] of [
  ['drop-oldest', ['2', '3']],
  ['drop-newest', ['0', '1']],
] as const)
  t.test(`${overflow}: send never waits, and what is dropped is counted`, async (t) => {
    const engine = open(t)
    const got: string[] = []
    const puller = engine.createPuller({ onMessage: (body) => void got.push(String(body)) })
    const { address } = await engine.listen('inproc://pipeline', puller)
    const pusher = engine.createPusher({ overflow, maxQueuedBytes: 2 })
    for (let i = 0; i < 4; i += 1) await pusher.send(Buffer.from(String(i)))
    t.same(pusher.counters().dropped, { 'queue-full': 2 })
    engine.dial(address, pusher)
    while (got.length < 2) await new Promise(setImmediate)
    t.same(got, kept)
  })

t.test('a handler that gives back a promise is not called again for that pipe before it has settled', async (t) => {
  const engine = open(t)
  const seen = { open: 0, most: 0, done: 0 }
  const puller = engine.createPuller({
    async onMessage(body) {
      seen.open += 1
      seen.most = Math.max(seen.most, seen.open)
      await new Promise(setImmediate)
      seen.open -= 1
      seen.done += 1
      if (String(body) === '3') throw new Error('no')
    },
  })
  const { address } = await engine.listen('tcp://127.0.0.1:0', puller)
  const pusher = engine.createPusher()
  engine.dial(address, pusher)
  for (let i = 0; i < 10; i += 1) await pusher.send(Buffer.from(String(i)))
  while (seen.done < 10) await new Promise(setImmediate)
  t.equal(seen.most, 1)
  await new Promise(setImmediate)
  t.same(puller.counters().dropped, { 'handler-failed': 1 })
})

t.test('the same buffer with other bytes in it is another message', async (t) => {
  const engine = open(t)
  const got: string[] = []
  const puller = engine.createPuller({ onMessage: (body) => void got.push(String(body)) })
  const { address } = await engine.listen('tcp://127.0.0.1:0', puller)
  const one = attached(1)
  const pusher = engine.createPusher({ onAttach: one.onAttach })
  engine.dial(address, pusher)
  await one.all
  const body = Buffer.from('a')
  void pusher.send(body)
  body.write('b')
  void pusher.send(body)
  while (got.length < 2) await new Promise(setImmediate)
  t.same(got, ['a', 'b'])
})
