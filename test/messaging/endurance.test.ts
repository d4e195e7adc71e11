// What only shows in the long run: order and loss over a million messages, and memory over ten thousand lives.

import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { IrisNode } from '../../messaging/iris/iris-node.ts'
import type { Handlers } from '../../messaging/iris/serving.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'
import { FakeRoll } from '../fixtures/iris-fleet.ts'

const million = 1_000_000

function number(i: number): Buffer {
  const body = Buffer.allocUnsafe(4)
  body.writeUInt32BE(i)
  return body
}

/** Reads numbers, and now and then takes its time; gives the first that was not the next one, or how many there were. */
async function countInOrder(bodies: AsyncIterable<Buffer>, total: number): Promise<number> {
  let next = 0
  for await (const body of bodies) {
    if (body.readUInt32BE() !== next) return next
    next += 1
    if (next === total) return next
    if (Math.random() < 0.000_1) for (let turns = Math.random() * 20; turns > 0; turns -= 1) await setImmediate()
  }
  return next
}

async function* bodiesOf(messages: AsyncIterable<{ readonly body: Buffer }>): AsyncGenerator<Buffer> {
  for await (const { body } of messages) yield body
}

t.test('a million messages come once and in order, past a reader that stalls at random', async (t) => {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const [pusher, puller] = [engine.createPusher(), engine.createPuller()]
  const { address } = await engine.listen('tcp://127.0.0.1:0', puller)
  engine.dial(address, pusher)
  const sending = (async () => {
    for (let i = 0; i < million; i += 1) await pusher.send(number(i))
  })()
  t.equal(await countInOrder(bodiesOf(puller), million), million)
  await sending
})

/** Nodes on engines of their own, which find each other on one roll. */
function openNodes() {
  const roll = new FakeRoll()
  let lives = 0
  async function add(cluster: string, handlers: Handlers = {}): Promise<IrisNode> {
    lives += 1
    const id = `node-${lives}`
    const engine = createSpEngine()
    // Without a probe of the event loop, which is nobody's but the process's.
    const load = () => 0
    let address = ''
    const member = {
      id,
      get address() {
        return address
      },
    }
    const options = { engine, roster: roll, boot: id, cluster, id, handlers, load, onClosed: () => engine.close() }
    const node = new IrisNode({ ...options, presence: roll.presence(member) })
    ;({ address } = await engine.listen('tcp://127.0.0.1:0', node.link))
    node.enter(address)
    return node
  }
  return { add }
}

t.test('so do the messages of a tunnel, there and back', async (t) => {
  const { add } = openNodes()
  const member = await add('web', {
    tunnel(tunnel) {
      void (async () => {
        for await (const message of tunnel) await tunnel.send(message)
        tunnel.end()
      })()
    },
  })
  const caller = await add('')
  const tunnel = await caller.tunnel('web')
  const total = 100_000
  const sending = (async () => {
    for (let i = 0; i < total; i += 1) await tunnel.send(number(i))
    tunnel.end()
  })()
  t.equal(await countInOrder(tunnel, total), total)
  await sending
  await tunnel.close()
  await Promise.all([caller.close(), member.close()])
})

t.test('memory stays flat over ten thousand nodes that connect, call and close', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const heapBytes = async () => {
    for (let i = 0; i < 3; i += 1) {
      await setImmediate()
      collect()
    }
    return process.memoryUsage().heapUsed
  }
  const { add } = openNodes()
  const member = await add('web', { request: (body) => body })
  const live = async (times: number) => {
    for (let i = 0; i < times; i += 1) {
      const caller = await add('')
      await caller.request('web', number(i), { timeoutMs: 60_000 })
      await caller.close()
    }
  }
  await live(2_000)
  const before = await heapBytes()
  await live(8_000)
  const grownBytes = (await heapBytes()) - before
  t.ok(grownBytes < 8_000 * 250, `${grownBytes} bytes more`)
  await member.close()
})
