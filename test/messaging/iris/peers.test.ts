// Pipes between nodes: how many, when they come and when they go, and that nothing is lost meanwhile.

import t from 'tap'
import type { Rights } from '../../../messaging/iris/rights.ts'
import { openRights } from '../../../messaging/iris/rights.ts'
import { formatHello } from '../../../messaging/iris/frame.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { openFleet, outcomeOf } from '../../fixtures/iris-fleet.ts'

const hello = Buffer.from('hello')
const echo = { request: (body: Buffer) => body }

t.test('a call back uses the pipe that came in', async (t) => {
  const { clock, add } = openFleet(t)
  const a = await add('a', 'web', { handlers: echo })
  const b = await add('b', 'db', { handlers: echo })
  const there = outcomeOf(a.request('db', hello))
  await clock.advanceAsync(10)
  const back = outcomeOf(b.request('web', hello))
  await clock.advanceAsync(10)
  t.same(await Promise.all([there, back]), ['hello', 'hello'])
  t.same([a.link.pipes.size, b.link.pipes.size], [1, 1])
})

t.test(
  'two that dial each other at the same time settle on one pipe, the same for both, and lose nothing',
  async (t) => {
    const { clock, add } = openFleet(t)
    const a = await add('a', 'web', { handlers: echo })
    const b = await add('b', 'db', { handlers: echo })
    const calls = []
    for (let i = 0; i < 20; i += 1) {
      calls.push(outcomeOf(a.request('db', hello)), outcomeOf(b.request('web', hello)))
      if (i % 5 === 0) await clock.advanceAsync(1)
    }
    await clock.advanceAsync(50)
    t.same(new Set(await Promise.all(calls)), new Set(['hello']))
    t.same([a.link.pipes.size, b.link.pipes.size], [1, 1])
    const after = [outcomeOf(a.request('db', hello)), outcomeOf(b.request('web', hello))]
    await clock.advanceAsync(10)
    t.same(await Promise.all(after), ['hello', 'hello'])
    t.same([a.link.counters().attached, b.link.counters().attached], [2, 2], 'and nobody dials again')
  },
)

t.test('a node that calls its own cluster reaches itself', async (t) => {
  const { clock, add } = openFleet(t)
  const a = await add('a', 'web', { handlers: echo })
  const calls = [outcomeOf(a.request('web', hello)), outcomeOf(a.request('web', hello))]
  await clock.advanceAsync(20)
  t.same(await Promise.all(calls), ['hello', 'hello'])
})

t.test('an idle pipe is closed by both, and opened again when it is needed', async (t) => {
  const { clock, add } = openFleet(t)
  const a = await add('a', 'web', { handlers: echo })
  const node = await add('caller', '')
  for (let i = 0; i < 3; i += 1) {
    const call = outcomeOf(node.request('web', hello))
    await clock.advanceAsync(10)
    t.equal(await call, 'hello')
    t.equal(node.link.pipes.size, 1)
    await clock.advanceAsync(100_000)
    t.same([node.link.pipes.size, a.link.pipes.size], [0, 0])
  }
})

t.test('a pipe with a call under way is not idle, however long that takes', async (t) => {
  const { clock, add } = openFleet(t)
  let reply = (_body: Uint8Array) => {}
  await add('a', 'web', { handlers: { request: () => new Promise((resolve) => void (reply = resolve)) } })
  const node = await add('caller', '')
  const call = outcomeOf(node.request('web', hello, { timeoutMs: 600_000 }))
  await clock.advanceAsync(300_000)
  reply(hello)
  await clock.advanceAsync(10)
  t.equal(await call, 'hello')
})

t.test('a call that crosses the goodbye of an idle pipe is answered all the same', async (t) => {
  const { clock, network, add } = openFleet(t)
  const a = await add('a', 'web', { handlers: echo })
  const node = await add('caller', '', { limits: { idleMs: 1_000_000 } })
  const first = outcomeOf(node.request('web', hello))
  await clock.advanceAsync(10)
  t.equal(await first, 'hello')
  network.delayMs = 500
  // The member finds the pipe idle and says so; the caller, who does not know yet, calls. Some of these moments are the one.
  const calls = []
  for (let pauseMs = 55_000; pauseMs < 95_000; pauseMs += 400) {
    await clock.advanceAsync(pauseMs)
    calls.push(outcomeOf(node.request('web', hello)))
    await clock.advanceAsync(4_000)
  }
  t.same(new Set(await Promise.all(calls)), new Set(['hello']))
  t.ok(a.link.counters().attached > 10, 'and again and again the pipe was closed')
})

t.test('a node that closes under load answers all that was sent to it, and the rest goes elsewhere', async (t) => {
  const { clock, add } = openFleet(t)
  const answered = { a: 0, b: 0 }
  const handlers = (host: 'a' | 'b') => ({
    request: (body: Buffer) =>
      new Promise<Uint8Array>((resolve) => {
        clock.after(20, () => {
          answered[host] += 1
          resolve(body)
        })
      }),
  })
  const a = await add('a', 'web', { handlers: handlers('a') })
  await add('b', 'web', { handlers: handlers('b') })
  const node = await add('caller', '')
  const calls: Promise<string>[] = []
  let closed: Promise<void> | undefined
  for (let i = 0; i < 400; i += 1) {
    calls.push(outcomeOf(node.request('web', Buffer.from(String(i)))))
    if (i === 200) closed = a.close()
    await clock.advanceAsync(1)
  }
  await clock.advanceAsync(100)
  await closed
  const results = await Promise.all(calls)
  t.same(
    results.filter((result, i) => result !== String(i)),
    [],
  )
  t.equal(answered.a + answered.b, 400, 'and each was done once')
  t.ok(answered.a > 50, `${answered.a} by the one that closed`)
})

t.test('a caller that closes waits for its own calls', async (t) => {
  const { clock, add } = openFleet(t)
  const slow = (body: Buffer) => new Promise<Uint8Array>((resolve) => void clock.after(500, () => resolve(body)))
  await add('a', 'web', { handlers: { request: slow } })
  const node = await add('caller', '')
  const call = outcomeOf(node.request('web', hello))
  await clock.advanceAsync(10)
  const closed = node.close()
  await clock.advanceAsync(600)
  t.equal(await call, 'hello')
  await closed
})

t.test('a member that is killed ends every call once, and the others take over', async (t) => {
  const { clock, network, roll, add } = openFleet(t)
  const slow = (body: Buffer) => new Promise<Uint8Array>((resolve) => void clock.after(30, () => resolve(body)))
  for (const host of ['a', 'b', 'c']) await add(host, 'web', { handlers: { request: slow } })
  const node = await add('caller', '')
  const once: Promise<string>[] = []
  const twice: Promise<string>[] = []
  for (let i = 0; i < 300; i += 1) {
    once.push(outcomeOf(node.request('web', hello)))
    twice.push(outcomeOf(node.request('web', hello, { mayRepeat: true })))
    await clock.advanceAsync(1)
    if (i === 150) network.kill('a')
    if (i === 200) roll.remove('member', 'web', 'a')
  }
  await clock.advanceAsync(100)
  const outcomes = await Promise.all(once)
  t.same(new Set(outcomes), new Set(['hello', 'PEER_GONE']))
  t.ok(outcomes.filter((outcome) => outcome === 'PEER_GONE').length < 60, 'only what was under way there')
  t.same(new Set(await Promise.all(twice)), new Set(['hello']))
})

t.test('behind a partition calls time out, the member is avoided, and it comes back afterwards', async (t) => {
  const { clock, network, add } = openFleet(t)
  for (const host of ['a', 'b']) await add(host, 'web', { handlers: { request: () => Buffer.from(host) } })
  const node = await add('caller', '', { random: () => 0.1 })
  const ask = async () => {
    const call = outcomeOf(node.request('web', hello, { timeoutMs: 100 }))
    await clock.advanceAsync(120)
    return call
  }
  t.equal(await ask(), 'a')
  network.cut('caller', 'a')
  t.equal(await ask(), 'TIMEOUT')
  t.equal(await ask(), 'b', 'avoided')
  network.heal('caller', 'a')
  await clock.advanceAsync(1_000)
  t.equal(await ask(), 'a')
})

t.test('a restarted process at the same address is another one: the old pipe is not asked', async (t) => {
  const { clock, network, add } = openFleet(t)
  await add('a', 'web', { boot: 'first', handlers: { request: () => Buffer.from('first') } })
  const node = await add('caller', '')
  const first = outcomeOf(node.request('web', hello))
  await clock.advanceAsync(10)
  network.kill('a')
  await add('a', 'web', { boot: 'second', handlers: { request: () => Buffer.from('second') } })
  await clock.advanceAsync(1_000)
  const second = outcomeOf(node.request('web', hello))
  await clock.advanceAsync(10)
  t.same(await Promise.all([first, second]), ['first', 'second'])
})

t.test('who may not call is told so, and hears nothing else', async (t) => {
  const { clock, add } = openFleet(t)
  let asked = 0
  const rights: Rights = { ...openRights, mayCall: (_identity, name) => name !== 'web' }
  const a = await add('a', 'web', {
    rights,
    handlers: {
      request: (body) => {
        asked += 1
        return body
      },
      broadcast: () => void (asked += 1),
    },
  })
  const node = await add('caller', '')
  const call = outcomeOf(node.request('web', hello))
  const survey = node.survey('web', hello, { deadlineMs: 100 })
  const broadcast = node.broadcast('web', hello)
  const tunnel = node.tunnel('web').catch((error: unknown) => error)
  await clock.advanceAsync(20)
  await broadcast
  t.equal(await call, 'NOT_ALLOWED')
  t.match(await survey.outcome, { missing: [{ reason: 'not-allowed' }] })
  t.match(await tunnel, { code: 'TUNNEL_REFUSED' })
  t.equal(asked, 0)
  t.equal(a.counters().groups['web']?.dropped['not-allowed'], 3)
})

t.test('a call does not go back over a pipe whose owner is not proven to be a member', async (t) => {
  const { clock, add } = openFleet(t)
  const a = await add('a', 'web', { handlers: echo })
  const b = await add('b', 'db', { handlers: echo, rights: { ...openRights, mayServe: () => false } })
  const there = outcomeOf(a.request('db', hello))
  await clock.advanceAsync(10)
  const back = outcomeOf(b.request('web', hello))
  await clock.advanceAsync(10)
  t.same(await Promise.all([there, back]), ['hello', 'hello'])
  t.equal(b.link.counters().attached, 2, 'it dialled itself')
})

t.test('who does not greet, is of another version, or breaks off a frame is let go and counted', async (t) => {
  const { clock, network, add } = openFleet(t)
  const a = await add('a', 'web', { handlers: echo })
  const engine = createSpEngine({
    clock,
    // It dials again as late as it may.
    random: () => 0.99,
    lookup: (name) => Promise.resolve([name]),
    transports: [network.transport('stranger')],
  })
  const greeting = formatHello({ version: 1, boot: 's', cluster: '', id: '', address: '' })
  const other = formatHello({ version: 2, boot: 's', cluster: '', id: '', address: '' })
  for (const frames of [[hello], [other], [greeting, Buffer.from([2])], [greeting, Buffer.from([3, 0])]]) {
    const link = engine.createLink({ onMessage: () => {} })
    const dialer = engine.dial('sim://a:1', link, {
      onPipe: (pipe) => {
        for (const frame of frames) link.send(pipe, frame, Buffer.alloc(0))
      },
    })
    await clock.advanceAsync(10)
    await dialer.close()
  }
  await engine.close()
  await clock.advanceAsync(10)
  t.match(a.counters().rejected, { malformed: 3, 'other-version': 1 })
  t.equal(a.link.pipes.size, 0)
})

t.test('a tunnel goes to one member, over the pipe that is there, and keeps it from being idle', async (t) => {
  const { clock, add } = openFleet(t)
  const a = await add('a', 'web', {
    handlers: {
      ...echo,
      tunnel: (tunnel) => {
        void (async () => {
          for await (const message of tunnel) await tunnel.send(Buffer.concat([Buffer.from('re: '), message]))
          tunnel.end()
        })()
      },
    },
  })
  const node = await add('caller', '')
  const opening = node.tunnel('web')
  await clock.advanceAsync(20)
  const tunnel = await opening
  await clock.advanceAsync(300_000)
  t.equal(node.link.pipes.size, 1)
  const sent = tunnel.send(hello)
  const read = tunnel.read()
  await clock.advanceAsync(20)
  await sent
  t.equal(String(await read), 're: hello')
  const closed = tunnel.close()
  await clock.advanceAsync(20)
  await closed
  await clock.advanceAsync(200_000)
  t.same([node.link.pipes.size, a.link.pipes.size], [0, 0])
  await t.rejects(node.tunnel('nobody'), { code: 'NO_MEMBERS' })
})
