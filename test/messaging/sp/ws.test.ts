import type { Socket } from 'node:net'
import type { Test } from 'tap'
import type { Pipe } from '../../../messaging/sp/engine.ts'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { WebSocket } from 'ws'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'

/** A surveyor and an echoing replier on one ws port, which tells of each refusal as it comes. */
async function openTarget(t: Test, rest = '127.0.0.1:0', handshakeTimeoutMs = 60_000) {
  const refused: { reason: string; host: string | undefined }[] = []
  const detached: string[] = []
  const waiting = new Set<() => void>()
  const wakeAll = () => {
    for (const wake of waiting) wake()
    waiting.clear()
  }
  const onDetach = (_pipe: Pipe, reason: string) => {
    detached.push(reason)
    wakeAll()
  }
  const engine = createSpEngine({ limits: { handshakeTimeoutMs, maxMessageBytes: 100_000 } })
  t.teardown(() => engine.close())
  const surveyor = engine.createSurveyor({ onAttach: wakeAll, onDetach })
  const replier = engine.createReplier((body) => body, { onAttach: wakeAll, onDetach })
  const { address } = await engine.listen(`ws://${rest}`, [surveyor, replier], {
    onRefused(reason, remote) {
      refused.push({ reason, host: remote?.host })
      wakeAll()
    },
  })
  return {
    address,
    url: address.replace('*', '127.0.0.1'),
    port: Number(/:(\d+)(?:\/|$)/.exec(address.slice(5))?.[1]),
    surveyor,
    replier,
    refused,
    detached,
    until: async (isSo: () => boolean) => {
      while (!isSo()) await new Promise<void>((resolve) => void waiting.add(resolve))
    },
  }
}

function openRequester(t: Test, address: string) {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const requester = engine.createRequester()
  engine.dial(address, requester)
  return (body: string | Buffer) => requester.request(Buffer.from(body), { timeoutMs: 60_000 })
}

function open(t: Test, port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  return socket
}

function openWebSocket(t: Test, url: string, subprotocol: string): WebSocket {
  const ws = new WebSocket(url, subprotocol)
  ws.on('error', () => undefined)
  t.teardown(() => ws.terminate())
  return ws
}

t.test('one port serves every role, told apart by subprotocol', async (t) => {
  const { address, surveyor, until } = await openTarget(t)
  const request = openRequester(t, address)
  t.equal(String(await request('hello')), 'hello')
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  engine.dial(
    address,
    engine.createRespondent((question) => Buffer.from(`here: ${String(question)}`)),
  )
  await until(() => surveyor.pipes.size === 1)
  const round = surveyor.survey(Buffer.from('who?'), { deadlineMs: 60_000 })
  for await (const { body, pipe } of round) {
    t.equal(String(body), 'here: who?')
    t.equal(pipe?.remote?.host, '127.0.0.1')
  }
  t.match(await round.outcome, { answered: 1, endedBy: 'complete' })
})

t.test('messages of any size up to the limit pass unchanged', async (t) => {
  const { address } = await openTarget(t)
  const request = openRequester(t, address)
  for (const bytes of [0, 1, 125, 126, 65_535, 65_536, 99_996]) {
    const body = randomBytes(bytes)
    t.ok((await request(body)).equals(body), `${bytes} bytes`)
  }
})

t.test('many messages at once come back in whole', async (t) => {
  const { address } = await openTarget(t)
  const request = openRequester(t, address)
  const bodies = Array.from({ length: 500 }, (_, index) => `message ${index} ${'x'.repeat(index * 7)}`)
  t.same((await Promise.all(bodies.map(request))).map(String), bodies)
})

t.test('names, paths and IPv6 are dialled', async (t) => {
  const named = await openTarget(t, '127.0.0.1:0/roll/call')
  t.match(named.address, /:\d+\/roll\/call$/)
  t.equal(String(await openRequester(t, named.address.replace('127.0.0.1', 'localhost'))('name')), 'name')
  const six = await openTarget(t, '[::1]:0')
  t.equal(String(await openRequester(t, six.address)('six')), 'six')
})

t.test('a role that nobody here answers to is refused, before anything is upgraded', async (t) => {
  const { address, url, refused, until } = await openTarget(t)
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const failure = new Promise((onFailure) => engine.dial(address, engine.createPusher(), { onFailure }))
  t.equal(await failure, 'refused-by-peer')
  openWebSocket(t, url, 'chat')
  await until(() => refused.length > 1)
  t.match(refused, [
    { reason: 'wrong-role', host: '127.0.0.1' },
    { reason: 'wrong-role', host: '127.0.0.1' },
  ])
})

t.test('another path is refused where one was given', async (t) => {
  const { port, refused, until } = await openTarget(t, '127.0.0.1:0/roll')
  openWebSocket(t, `ws://127.0.0.1:${port}/other`, 'rep.sp.nanomsg.org')
  await until(() => refused.length > 0)
  t.same(refused, [{ reason: 'wrong-path', host: '127.0.0.1' }])
})

t.test('what is no WebSocket is refused with its reason', async (t) => {
  const { port, refused, until } = await openTarget(t)
  for (const [index, said] of [Buffer.from('0053500000300000', 'hex'), 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'].entries()) {
    const peer = open(t, port)
    peer.write(said)
    await once(peer.resume(), 'close')
    await until(() => refused.length > index)
  }
  t.same(
    refused.map(({ reason }) => reason),
    ['not-websocket', 'not-websocket'],
  )
})

t.test('a handshake that stalls is ended', async (t) => {
  const { port, refused, until } = await openTarget(t, '127.0.0.1:0', 100)
  const peer = open(t, port)
  await once(peer.resume(), 'close')
  await until(() => refused.length > 0)
  t.same(refused, [{ reason: 'handshake-timeout', host: '127.0.0.1' }])
})

t.test('a message over the limit, and one that is text, close the pipe', async (t) => {
  const { url, detached, replier, until } = await openTarget(t)
  const large = openWebSocket(t, url, 'rep.sp.nanomsg.org')
  await once(large, 'open')
  large.send(Buffer.alloc(100_001))
  await until(() => detached.length === 1)
  const text = openWebSocket(t, url, 'rep.sp.nanomsg.org')
  await once(text, 'open')
  text.send('hello')
  await until(() => detached.length === 2)
  t.same(detached, ['oversized', 'bad-frame'])
  t.equal(replier.counters().rejected['oversized'], 1)
})

t.test('a reader that pauses is sent no more than the bounds, and loses nothing', async (t) => {
  const limits = { maxQueuedBytes: 65_536 }
  const [listening, dialling] = [createSpEngine({ limits }), createSpEngine({ limits })]
  t.teardown(() => Promise.all([listening.close(), dialling.close()]))
  const puller = listening.createPuller()
  const { address } = await listening.listen('ws://127.0.0.1:0', puller)
  const pusher = dialling.createPusher({ maxQueuedBytes: 65_536 })
  dialling.dial(address, pusher)
  const count = 5_000
  const sending = (async () => {
    for (let index = 0; index < count; index += 1) {
      const body = Buffer.alloc(2_000)
      body.writeUInt32BE(index)
      await pusher.send(body)
    }
  })()
  let next = 0
  for await (const { body } of puller) {
    if (body.readUInt32BE() !== next) t.fail(`${body.readUInt32BE()} came instead of ${next}`)
    next += 1
    if (next === count) break
    if (next % 500 === 0) await new Promise((resolve) => void setImmediate(resolve))
  }
  await sending
  t.equal(next, count)
})

t.test('a peer that closes is dialled again, and what was sent before the close arrives', async (t) => {
  const first = await openTarget(t)
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const requester = engine.createRequester()
  const pipes: Pipe[] = []
  let wake = () => {}
  engine.dial(first.address, requester, {
    onPipe(pipe) {
      pipes.push(pipe)
      wake()
    },
  })
  t.equal(String(await requester.request(Buffer.from('one'), { timeoutMs: 60_000 })), 'one')
  for (const pipe of first.replier.pipes) pipe.close('tried')
  while (pipes.length < 2) await new Promise<void>((resolve) => (wake = resolve))
  t.equal(String(await requester.request(Buffer.from('two'), { timeoutMs: 60_000 })), 'two')
})

t.test('an address without a port, or with a port that is none, is refused at once', async (t) => {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  for (const address of ['ws://localhost/path', 'ws://localhost:99999/', 'ws:///path'])
    t.throws(() => engine.dial(address, engine.createRequester()), { code: 'ADDRESS_INVALID' }, address)
})
