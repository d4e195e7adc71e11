import t from 'tap'
import type { RequestContext } from '../../../messaging/iris/serving.ts'
import { RemoteFault } from '../../../messaging/iris/remote-fault.ts'
import { openFleet, outcomeOf } from '../../fixtures/iris-fleet.ts'

const hello = Buffer.from('hello')

/** A handler whose replies the test gives when it likes. */
function createSlowHandler() {
  const open: {
    readonly body: Buffer
    readonly context: RequestContext
    readonly reply: (body: Uint8Array) => void
  }[] = []
  const request = (body: Buffer, context: RequestContext) =>
    new Promise<Uint8Array>((reply) => void open.push({ body, context, reply }))
  return { open, handlers: { request } }
}

t.test('a request goes to a member of the cluster, and its reply comes back', async (t) => {
  const { clock, add } = openFleet(t)
  await add('a', 'web', { handlers: { request: (body) => Buffer.from(`re: ${String(body)}`) } })
  const node = await add('caller', '')
  const reply = outcomeOf(node.request('web', hello))
  await clock.advanceAsync(10)
  t.equal(await reply, 're: hello')
  t.match(node.counters().groups['web'], { sent: 1, received: 1, inFlight: 0, latency: { count: 1 } })
})

t.test('many in flight each get their own reply, whatever order they come in, over one pipe', async (t) => {
  const { clock, add } = openFleet(t)
  const { open, handlers } = createSlowHandler()
  await add('a', 'web', { handlers })
  const node = await add('caller', '')
  const replies = ['1', '2', '3'].map((text) => outcomeOf(node.request('web', Buffer.from(text))))
  await clock.advanceAsync(10)
  for (const { body, reply } of open.toReversed()) reply(body)
  await clock.advanceAsync(10)
  t.same(await Promise.all(replies), ['1', '2', '3'])
  t.equal(node.link.pipes.size, 1)
})

t.test('a cluster without members fails at once, and one that is not known yet does not', async (t) => {
  const { clock, roll, add } = openFleet(t)
  const node = await add('caller', '')
  t.equal(await outcomeOf(node.request('web', hello)), 'NO_MEMBERS')
  roll.isKnown = false
  const early = outcomeOf(node.request('db', hello, { timeoutMs: 1_000 }))
  const hopeless = outcomeOf(node.request('cache', hello, { timeoutMs: 100 }))
  await clock.advanceAsync(200)
  t.equal(await hopeless, 'TIMEOUT', 'nobody is never said for not knowing')
  await add('a', 'db', { handlers: { request: (body) => body } })
  roll.isKnown = true
  await clock.advanceAsync(10)
  t.equal(await early, 'hello')
})

t.test(
  'a member that cannot be reached is passed over at once; when there is no other the call fails at once',
  async (t) => {
    const { clock, roll, add } = openFleet(t)
    const node = await add('caller', '')
    roll.put('member', 'web', { id: 'ghost', address: 'sim://ghost:1' })
    roll.put('member', 'web', { id: 'http', address: 'http://10.0.0.7:80' })
    const failed = outcomeOf(node.request('web', hello, { timeoutMs: 60_000 }))
    await clock.advanceAsync(20)
    t.equal(await failed, 'PEER_GONE')
    await add('a', 'web', { handlers: { request: (body) => body } })
    for (let i = 0; i < 5; i += 1) {
      const reply = outcomeOf(node.request('web', hello, { timeoutMs: 60_000 }))
      await clock.advanceAsync(20)
      t.equal(await reply, 'hello')
    }
  },
)

t.test('an address that swallows everything is given up before the deadline', async (t) => {
  const { clock, network, roll, add } = openFleet(t)
  const node = await add('caller', '')
  roll.put('member', 'web', { id: 'hole', address: 'sim://hole:1' })
  network.cut('caller', 'hole')
  const failed = outcomeOf(node.request('web', hello, { timeoutMs: 60_000 }))
  await clock.advanceAsync(2_000)
  t.equal(await failed, 'PEER_GONE')
})

t.test(
  'a handler that fails is told from everything else, with its message and code and without its stack',
  async (t) => {
    const { clock, add } = openFleet(t)
    const thrown: unknown[] = []
    await add('a', 'web', {
      onError: (error) => thrown.push(error),
      handlers: {
        request: (body) => {
          if (String(body) === 'plain') throw new Error('no such user')
          return Promise.reject(Object.assign(new Error('out of stock'), { code: 'E_STOCK' }))
        },
      },
    })
    const node = await add('caller', '')
    const failed = ['plain', 'coded'].map((text) =>
      node.request('web', Buffer.from(text)).catch((error: unknown) => error),
    )
    await clock.advanceAsync(10)
    const [plain, coded] = await Promise.all(failed)
    t.ok(plain instanceof RemoteFault && coded instanceof RemoteFault)
    t.match(plain, { code: 'REMOTE_FAULT', message: 'no such user', remoteCode: '' })
    t.match(coded, { code: 'REMOTE_FAULT', message: 'out of stock', remoteCode: 'E_STOCK' })
    t.equal(thrown.length, 2, 'and the member hears of it itself')
  },
)

t.test('a request that times out is cancelled at its member, and a late reply is dropped', async (t) => {
  const { clock, add } = openFleet(t)
  const { open, handlers } = createSlowHandler()
  const member = await add('a', 'web', { handlers })
  const node = await add('caller', '')
  const late = outcomeOf(node.request('web', hello, { timeoutMs: 100 }))
  await clock.advanceAsync(10)
  const [served] = open
  t.ok((served?.context.deadlineMs ?? 0) > 80 && (served?.context.deadlineMs ?? 0) <= 100, 'what is left travels')
  t.equal(served?.context.signal.aborted, false)
  await clock.advanceAsync(150)
  t.equal(await late, 'TIMEOUT')
  t.equal(served?.context.signal.aborted, true)
  served?.reply(hello)
  await clock.advanceAsync(10)
  t.equal(node.counters().groups['web']?.dropped['timeout'], 1)
  t.equal(member.counters().groups['web']?.inFlight, 0)
})

t.test('a signal ends a call with its own reason, and the member is told', async (t) => {
  const { clock, add } = openFleet(t)
  const { open, handlers } = createSlowHandler()
  await add('a', 'web', { handlers })
  const node = await add('caller', '')
  const aborter = new AbortController()
  const call = outcomeOf(node.request('web', hello, { signal: aborter.signal }))
  await clock.advanceAsync(10)
  const aborted = new Promise((resolve) => open[0]?.context.signal.addEventListener('abort', resolve))
  aborter.abort(new Error('changed my mind'))
  t.equal(await call, 'Error: changed my mind')
  await clock.advanceAsync(10)
  await aborted
  t.equal(await outcomeOf(node.request('web', hello, { signal: aborter.signal })), 'Error: changed my mind')
})

t.test('a request that has expired when its turn comes is not started, and counted', async (t) => {
  const { clock, add } = openFleet(t)
  const { open, handlers } = createSlowHandler()
  await add('a', 'web', { handlers, limits: { maxHandlers: 1 } })
  const node = await add('caller', '')
  const first = outcomeOf(node.request('web', Buffer.from('first'), { timeoutMs: 10_000 }))
  await clock.advanceAsync(5)
  const aborter = new AbortController()
  const second = outcomeOf(node.request('web', Buffer.from('second'), { timeoutMs: 50 }))
  const third = outcomeOf(node.request('web', Buffer.from('third'), { timeoutMs: 10_000, signal: aborter.signal }))
  const fourth = outcomeOf(node.request('web', Buffer.from('fourth'), { timeoutMs: 10_000 }))
  await clock.advanceAsync(5)
  aborter.abort(new Error('no'))
  await clock.advanceAsync(100)
  t.equal(open.length, 1)
  open[0]?.reply(hello)
  await clock.advanceAsync(5)
  open[1]?.reply(hello)
  await clock.advanceAsync(5)
  t.same(await Promise.all([first, second, third, fourth]), ['hello', 'TIMEOUT', 'Error: no', 'hello'])
  t.same(
    open.map(({ body }) => String(body)),
    ['first', 'fourth'],
  )
})

t.test('what is expired where no cancellation arrived is counted as such', async (t) => {
  const { clock, network, add } = openFleet(t)
  const { open, handlers } = createSlowHandler()
  const member = await add('a', 'web', { handlers, limits: { maxHandlers: 1 } })
  const node = await add('caller', '')
  const first = outcomeOf(node.request('web', Buffer.from('first'), { timeoutMs: 10_000 }))
  await clock.advanceAsync(5)
  const second = outcomeOf(node.request('web', Buffer.from('second'), { timeoutMs: 50 }))
  await clock.advanceAsync(5)
  network.lose('caller', 'a', 1)
  await clock.advanceAsync(100)
  open[0]?.reply(hello)
  await clock.advanceAsync(5)
  t.same(await Promise.all([first, second]), ['hello', 'TIMEOUT'])
  t.equal(open.length, 1)
  t.same(member.counters().groups['web']?.dropped, { expired: 1 })
})

t.test('a member with too much to do refuses, and another one is asked; BUSY is for when all refuse', async (t) => {
  const { clock, add } = openFleet(t)
  const { open, handlers } = createSlowHandler()
  const limits = { maxHandlers: 1, maxQueuedBytes: 5 }
  await add('a', 'web', { handlers, limits })
  await add('b', 'web', { handlers, limits })
  const node = await add('caller', '')
  const calls = Array.from({ length: 5 }, () => outcomeOf(node.request('web', hello)))
  await clock.advanceAsync(20)
  t.equal(open.length, 2)
  open[0]?.reply(hello)
  open[1]?.reply(hello)
  await clock.advanceAsync(20)
  open[2]?.reply(hello)
  open[3]?.reply(hello)
  await clock.advanceAsync(20)
  t.same((await Promise.all(calls)).toSorted(), ['BUSY', 'hello', 'hello', 'hello', 'hello'])
})

t.test('a lost member ends its calls; only those that may be done twice go to another', async (t) => {
  const { clock, network, add } = openFleet(t)
  const { handlers } = createSlowHandler()
  await add('a', 'web', { handlers })
  const node = await add('caller', '')
  const once = outcomeOf(node.request('web', hello))
  const again = outcomeOf(node.request('web', hello, { mayRepeat: true }))
  await clock.advanceAsync(10)
  await add('b', 'web', { handlers: { request: () => Buffer.from('b') } })
  network.kill('a')
  await clock.advanceAsync(20)
  t.equal(await once, 'PEER_GONE')
  t.equal(await again, 'b')
})

t.test('closing refuses new calls with CLOSED and ends what is open after its grace', async (t) => {
  const { clock, add } = openFleet(t)
  const { handlers } = createSlowHandler()
  await add('a', 'web', { handlers })
  const node = await add('caller', '')
  const open = outcomeOf(node.request('web', hello, { timeoutMs: 60_000 }))
  await clock.advanceAsync(10)
  const closed = node.close()
  t.equal(await outcomeOf(node.request('web', hello)), 'CLOSED')
  t.throws(() => node.subscribe('prices'), { code: 'CLOSED' })
  await clock.advanceAsync(6_000)
  t.equal(await open, 'CLOSED')
  await closed
})

t.test('a name that is none, and a body that is too large, are refused', async (t) => {
  const { add } = openFleet(t)
  const node = await add('caller', '')
  t.equal(await outcomeOf(node.request('no name', hello)), 'NAME_INVALID')
  t.equal(await outcomeOf(node.request('web', Buffer.alloc(1_048_576))), 'TOO_LARGE')
})
