import type { Test } from 'tap'
import t from 'tap'
import type { Pipe } from '../../../messaging/sp/engine.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'
import { createSimNetwork } from '../../fixtures/sim-network.ts'

const hello = Buffer.from('hello')

/** A requester at host `client`, and repliers where the test wants them. */
async function openWorld(t: Test) {
  const clock = createFakeClock()
  const network = createSimNetwork(clock)
  const client = createSpEngine({
    clock,
    random: () => 0.5,
    lookup: (name) => Promise.resolve([name]),
    transports: [network.transport('client')],
  })
  const engines = [client]
  const pipes: Pipe[] = []
  const requester = client.createRequester({ onAttach: (pipe) => void pipes.push(pipe) })

  async function addReplier(host: string, reply: (body: Buffer) => Uint8Array | undefined | Promise<Uint8Array>) {
    const engine = createSpEngine({ clock, random: () => 0.5, transports: [network.transport(host)] })
    engines.push(engine)
    const replier = engine.createReplier(reply)
    await engine.listen(`sim://${host}:1`, replier)
    client.dial(`sim://${host}:1`, requester)
    await clock.advanceAsync(5)
    return { engine, replier }
  }

  t.teardown(async () => {
    await Promise.all(engines.map((engine) => engine.close()))
    await clock.advanceAsync(10)
    if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`)
  })
  return { clock, network, requester, pipes, addReplier }
}

/** A request's end as text, so that a test can wait for it beside the clock. */
function outcomeOf(request: Promise<Buffer>): Promise<string> {
  return request.then(String, (error: unknown) =>
    error instanceof Error && 'code' in error ? String(error.code) : String(error),
  )
}

t.test('many requests in flight each get their own reply, whatever order they come in', async (t) => {
  const { clock, requester, addReplier } = await openWorld(t)
  const waiting: (() => void)[] = []
  await addReplier(
    'a',
    (body) => new Promise((resolve) => void waiting.unshift(() => resolve(Buffer.concat([Buffer.from('re: '), body])))),
  )
  const requests = ['1', '2', '3'].map((text) => outcomeOf(requester.request(Buffer.from(text), { timeoutMs: 500 })))
  await clock.advanceAsync(2)
  for (const answer of waiting) answer()
  await clock.advanceAsync(2)
  t.same(await Promise.all(requests), ['re: 1', 're: 2', 're: 3'])
})

t.test('requests go to the repliers in turn', async (t) => {
  const { clock, requester, addReplier } = await openWorld(t)
  for (const host of ['a', 'b', 'c']) await addReplier(host, () => Buffer.from(host))
  const requests = Array.from({ length: 6 }, () => outcomeOf(requester.request(hello, { timeoutMs: 500 })))
  await clock.advanceAsync(5)
  t.same((await Promise.all(requests)).toSorted(), ['a', 'a', 'b', 'b', 'c', 'c'])
})

t.test('a request waits for a replier, and no longer than its time', async (t) => {
  const { clock, requester, addReplier } = await openWorld(t)
  const patient = outcomeOf(requester.request(hello, { timeoutMs: 500 }))
  const impatient = outcomeOf(requester.request(hello, { timeoutMs: 50 }))
  await clock.advanceAsync(100)
  t.equal(await impatient, 'TIMEOUT')
  await addReplier('a', () => Buffer.from('here'))
  await clock.advanceAsync(5)
  t.equal(await patient, 'here')
})

t.test('a request is sent again when the pipe that carried it goes away', async (t) => {
  const { clock, network, requester, addReplier } = await openWorld(t)
  await addReplier('a', () => undefined)
  const request = outcomeOf(requester.request(hello, { timeoutMs: 500 }))
  await clock.advanceAsync(2)
  await addReplier('b', () => Buffer.from('b'))
  network.kill('a')
  await clock.advanceAsync(5)
  t.equal(await request, 'b')
})

t.test('unless the caller forbids it, or named the pipe', async (t) => {
  const { clock, network, requester, pipes, addReplier } = await openWorld(t)
  await addReplier('a', () => undefined)
  const [pipe] = pipes
  if (!pipe) throw new Error('no pipe')
  const once = outcomeOf(requester.request(hello, { timeoutMs: 500, resend: false }))
  const here = outcomeOf(requester.request(hello, { timeoutMs: 500, pipe }))
  await clock.advanceAsync(2)
  await addReplier('b', () => Buffer.from('b'))
  network.kill('a')
  await clock.advanceAsync(5)
  t.same([await once, await here], ['PEER_GONE', 'PEER_GONE'])
  t.equal(await outcomeOf(requester.request(hello, { timeoutMs: 500, pipe })), 'PEER_GONE', 'nor to a pipe long gone')
})

t.test('a reply that comes too late is dropped and counted', async (t) => {
  const { clock, requester, addReplier } = await openWorld(t)
  let reply = (_body: Uint8Array) => {}
  await addReplier('a', () => new Promise((resolve) => void (reply = resolve)))
  const request = outcomeOf(requester.request(hello, { timeoutMs: 50 }))
  await clock.advanceAsync(60)
  t.equal(await request, 'TIMEOUT')
  reply(hello)
  await clock.advanceAsync(5)
  t.same(requester.counters().dropped, { late: 1 })
})

t.test('a signal ends a request with its own reason', async (t) => {
  const { clock, requester } = await openWorld(t)
  const aborter = new AbortController()
  const request = outcomeOf(requester.request(hello, { timeoutMs: 50, signal: aborter.signal }))
  aborter.abort(new Error('changed my mind'))
  t.equal(await request, 'Error: changed my mind')
  t.equal(
    await outcomeOf(requester.request(hello, { timeoutMs: 50, signal: aborter.signal })),
    'Error: changed my mind',
  )
  await clock.advanceAsync(1)
})

t.test('closing ends every request with CLOSED', async (t) => {
  const { requester, addReplier } = await openWorld(t)
  await addReplier('a', () => undefined)
  const requests = [1, 2].map(() => outcomeOf(requester.request(hello, { timeoutMs: 500 })))
  await requester.close()
  t.same(await Promise.all(requests), ['CLOSED', 'CLOSED'])
  t.equal(await outcomeOf(requester.request(hello, { timeoutMs: 500 })), 'CLOSED')
})

t.test('a handler that throws, at once or later, is silent and counted, and costs no other reply', async (t) => {
  const { clock, requester, addReplier } = await openWorld(t)
  const { replier } = await addReplier('a', (body) => {
    if (String(body) === 'throw') throw new Error('at once')
    if (String(body) === 'reject') return Promise.reject(new Error('later'))
    return body
  })
  const ask = (text: string) => outcomeOf(requester.request(Buffer.from(text), { timeoutMs: 50 }))
  const requests = [ask('throw'), ask('reject'), ask('fine')]
  await clock.advanceAsync(60)
  t.same(await Promise.all(requests), ['TIMEOUT', 'TIMEOUT', 'fine'])
  t.same(replier.counters().dropped, { 'handler-failed': 2 })
})

t.test('a handler can see that nobody waits for its answer any more', async (t) => {
  const { clock, network, requester, addReplier } = await openWorld(t)
  let isGone = false
  const { replier } = await addReplier('a', () => undefined)
  await replier.close()
  const engine = createSpEngine({ clock, transports: [network.transport('b')] })
  t.teardown(() => engine.close())
  const watching = engine.createReplier((body, { signal }) => {
    signal.addEventListener('abort', () => {
      isGone = true
    })
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(body)))
  })
  await engine.listen('sim://b:1', watching)
  const other = createSpEngine({
    clock,
    transports: [network.transport('caller')],
    lookup: (name) => Promise.resolve([name]),
  })
  const caller = other.createRequester()
  other.dial('sim://b:1', caller)
  const request = outcomeOf(caller.request(hello, { timeoutMs: 500 }))
  await clock.advanceAsync(5)
  await other.close()
  await clock.advanceAsync(5)
  t.equal(await request, 'CLOSED')
  t.ok(isGone)
  t.same(watching.counters().dropped, { 'peer-gone': 1 })
  await requester.close()
})

t.test('a peer with more questions open than allowed is not read from until some are answered', async (t) => {
  const { clock, requester, addReplier } = await openWorld(t)
  const open: ((body: Uint8Array) => void)[] = []
  await addReplier('a', () => new Promise((resolve) => void open.push(resolve)))
  const requests = Array.from({ length: 300 }, () => outcomeOf(requester.request(hello, { timeoutMs: 500 })))
  await clock.advanceAsync(5)
  t.equal(open.length, 256)
  for (const answer of open.splice(0, 100)) answer(hello)
  await clock.advanceAsync(5)
  t.equal(open.length, 200, 'the rest was waiting, not lost')
  for (const answer of open) answer(hello)
  await clock.advanceAsync(5)
  t.same(new Set(await Promise.all(requests)), new Set(['hello']))
})
