import { createHash, randomBytes } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import type { Tunnel } from '../../../messaging/iris/tunnel/tunnel.ts'
import { readTunnelFrame } from '../../../messaging/iris/tunnel/tunnel-frame.ts'
import { createTunnelPair } from './tunnel-pair.ts'

const ten = { timeoutMs: 10_000 }

function echo(_cluster: string, tunnel: Tunnel) {
  void (async () => {
    for await (const message of tunnel) await tunnel.send(message)
    tunnel.end()
  })().catch((error: unknown) => tunnel.destroy(error))
  return undefined
}

function collect(into: Tunnel[]) {
  return (_cluster: string, tunnel: Tunnel) => {
    into.push(tunnel)
    return undefined
  }
}

function first(tunnels: Tunnel[]): Tunnel {
  const [tunnel] = tunnels
  if (!tunnel) throw new Error('nobody opened a tunnel')
  return tunnel
}

async function turns(count: number) {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve))
}

t.test('messages of any size come back whole and in order, past a reader that stalls', async (t) => {
  const pair = createTunnelPair(echo)
  const tunnel = await pair.caller.open('web', ten)
  const sizes = Array.from({ length: 40 }, (_, i) => (i % 8 === 0 ? 0 : Math.floor(Math.random() * 1_048_576)))
  const bodies = sizes.map((size) => randomBytes(size))
  const sending = (async () => {
    for (const body of bodies) await tunnel.send(body)
    tunnel.end()
  })()
  let count = 0
  for await (const message of tunnel) {
    if (Math.random() < 0.3) await turns(5)
    t.ok(message.equals(bodies[count] ?? Buffer.from('none')), `message ${count} of ${message.length} bytes`)
    count += 1
  }
  await sending
  t.equal(count, bodies.length)
  await tunnel.close()
  await turns(5)
  t.same([pair.caller.openTunnels, pair.member.openTunnels, pair.clock.pending], [0, 0, 0])
  t.ok(pair.maxQueuedBytes < 262_144)
})

t.test('a message larger than the credit arrives, and one that nobody reads waits', async (t) => {
  const accepted: Tunnel[] = []
  const pair = createTunnelPair(collect(accepted), { windowBytes: 100_000 })
  const tunnel = await pair.caller.open('web', ten)
  const body = randomBytes(5_000_000)
  let isSent = false
  const sending = tunnel.send(body).then(() => (isSent = true))
  await turns(20)
  t.notOk(isSent)
  t.ok((await first(accepted).read())?.equals(body))
  await sending
  pair.lose('test')
})

t.test('close waits until the peer has taken all', async (t) => {
  const accepted: Tunnel[] = []
  const pair = createTunnelPair(collect(accepted))
  const tunnel = await pair.caller.open('web', ten)
  await tunnel.send(Buffer.from('last words'))
  let isClosed = false
  const closing = tunnel.close().then(() => (isClosed = true))
  await turns(20)
  t.notOk(isClosed)
  t.equal(String(await first(accepted).read()), 'last words')
  await closing
  t.equal(await first(accepted).read(), undefined)
  const late = await pair.caller.open('web', ten)
  await late.send(Buffer.from('never read'))
  const failing = t.rejects(late.close(), { code: 'TIMEOUT' })
  await pair.clock.advanceAsync(10_000)
  await failing
  await turns(2)
  t.same([pair.caller.openTunnels, pair.clock.pending], [0, 0])
})

t.test('a peer that is lost in the middle of a message is an error, never an end', async (t) => {
  const accepted: Tunnel[] = []
  const pair = createTunnelPair(collect(accepted))
  const tunnel = await pair.caller.open('web', ten)
  await tunnel.send(Buffer.from('whole'))
  await tunnel.send(Buffer.from('half'), { more: true })
  await turns(3)
  pair.lose('ECONNRESET')
  t.equal(String(await first(accepted).read()), 'whole')
  await t.rejects(first(accepted).read(), { code: 'PEER_GONE', message: /ECONNRESET/ })
  await t.rejects(tunnel.send(Buffer.from('x')), { code: 'PEER_GONE' })
  await t.rejects(tunnel.close(), { code: 'PEER_GONE' })
  await t.rejects(pair.caller.open('web', ten), { code: 'PEER_GONE' })
  t.equal(pair.clock.pending, 0)
})

t.test('an opening that is refused, late, aborted or one too many fails with its reason', async (t) => {
  const pair = createTunnelPair((cluster) => (cluster === 'no' ? { code: 'NOT_HERE', text: 'no' } : undefined), {
    maxTunnels: 1,
  })
  await t.rejects(pair.caller.open('no', ten), { code: 'TUNNEL_REFUSED', cause: { code: 'NOT_HERE' } })
  pair.isHeld = true
  const late = t.rejects(pair.caller.open('web', { timeoutMs: 50 }), { code: 'TIMEOUT' })
  await pair.clock.advanceAsync(50)
  await late
  const abort = new AbortController()
  const aborted = t.rejects(pair.caller.open('web', { timeoutMs: 50, signal: abort.signal }), { message: 'enough' })
  abort.abort(new Error('enough'))
  await aborted
  pair.release()
  await turns(5)
  const tunnel = await pair.caller.open('web', ten)
  await t.rejects(pair.caller.open('web', ten), { code: 'TUNNEL_REFUSED', cause: { code: 'TOO_MANY' } })
  tunnel.destroy()
  await turns(3)
  t.same([pair.caller.openTunnels, pair.member.openTunnels, pair.clock.pending], [0, 0, 0])
})

t.test('a thousand tunnels at once, and a small one beside a large one', async (t) => {
  const pair = createTunnelPair(echo)
  const tunnels = await Promise.all(Array.from({ length: 1_000 }, () => pair.caller.open('web', ten)))
  const bulk = tunnels[0]?.send(randomBytes(4_000_000))
  const replies = await Promise.all(
    tunnels.slice(1).map(async (tunnel, i) => {
      await tunnel.send(Buffer.from(`n${i}`))
      return String(await tunnel.read())
    }),
  )
  t.same(
    replies,
    replies.map((_, i) => `n${i}`),
  )
  await bulk
  t.equal((await tunnels[0]?.read())?.length, 4_000_000)
  await pair.caller.close()
  await turns(5)
  t.same([pair.caller.openTunnels, pair.member.openTunnels, pair.clock.pending], [0, 0, 0])
})

t.test('a peer that breaks the rules loses the tunnel, and unknown tunnels are counted', async (t) => {
  const bad = ['430000000102', '430000000100aa', '440000000100000001', '460000000100', '4600000001']
  for (const hex of bad) {
    const pair = createTunnelPair(() => undefined, { windowBytes: 8 })
    const tunnel = await pair.caller.open('web', ten)
    const frame = Buffer.from(hex, 'hex')
    pair.caller.frame(frame[0] ?? 0, frame)
    await t.rejects(tunnel.read(), { code: 'TUNNEL_RESET' }, hex)
    pair.caller.frame(0x45, Buffer.from('4500000009', 'hex'))
    t.equal(pair.caller.dropped['unknown-tunnel'], 1)
    pair.caller.frame(0x40, Buffer.from('4000000001000000010000000100', 'hex'))
    t.equal(pair.violations.length, 1)
    pair.lose('test')
  }
})

t.test('no bytes upset the reader of frames', async (t) => {
  let read = 0
  for (let i = 0; i < 50_000; i += 1) {
    const bytes = randomBytes(Math.floor(Math.random() * 40) + 1)
    bytes[0] = 0x40 + (i % 16)
    if (readTunnelFrame(bytes)) read += 1
  }
  t.ok(read > 0 && read < 50_000)
})

t.test('as a stream it pipes three megabytes there and back past a slow reader, half-closed between', async (t) => {
  const pair = createTunnelPair((_cluster, tunnel) => {
    const stream = tunnel.duplex()
    void pipeline(stream, stream).catch(() => stream.destroy())
    return undefined
  })
  const tunnel = await pair.caller.open('web', ten)
  const body = randomBytes(3_000_000)
  const hash = createHash('sha256')
  const slow = new Writable({
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      setImmediate(done)
    },
  })
  const parts = Array.from({ length: 30 }, (_, i) => body.subarray(i * 100_000, (i + 1) * 100_000))
  const stream = tunnel.duplex()
  await Promise.all([pipeline(Readable.from(parts), stream), pipeline(stream, slow)])
  t.equal(hash.digest('hex'), createHash('sha256').update(body).digest('hex'))
  await turns(5)
  t.same([pair.caller.openTunnels, pair.member.openTunnels, pair.clock.pending], [0, 0, 0])
})
