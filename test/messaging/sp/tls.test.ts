import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import t from 'tap'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { openEngine } from '../../../messaging/sp/index.ts'
import { requireTool } from '../../fixtures/require-tool.ts'
import { makeAuthority } from '../../fixtures/certificates.ts'
import { openRecorder } from './recorder.ts'
import { closed, dial, identity, key, keys, open, openTarget, portOf } from './tls-target.ts'

const tls13 = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const

t.test('two sides with one key talk, and each knows who the other is', async (t) => {
  const { address, attached } = await openTarget(t)
  const peer = dial(t, address, { identity, key })
  t.equal(String(await peer.request('hello')), 'hello')
  t.equal(attached[0]?.identity, identity)
  t.equal((await peer.pipe).identity, identity)
  t.equal(attached[0]?.remote?.host, '127.0.0.1')
})

t.test('messages of any size pass through TLS unchanged', async (t) => {
  const { address } = await openTarget(t)
  const peer = dial(t, address, { identity, key })
  for (const bytes of [0, 1, 16_384, 16_385, 1_000_000]) {
    const body = randomBytes(bytes)
    t.ok((await peer.request(body)).equals(body), `${bytes} bytes`)
  }
})

for (const scheme of ['tcp', 'tls+tcp'] as const)
  t.test(`IPv6 in brackets is listened at and dialled: ${scheme}`, async (t) => {
    const engine = createSpEngine()
    t.teardown(() => engine.close())
    const replier = engine.createReplier((body) => body)
    const isTls = scheme === 'tls+tcp'
    const { address } = await engine.listen(`${scheme}://[::1]:0`, replier, isTls ? { credentials: keys } : {})
    t.match(address, /:\/\/\[::1\]:[1-9]\d*$/)
    const requester = engine.createRequester()
    engine.dial(address, requester, isTls ? { credentials: () => ({ identity, key }) } : {})
    t.equal(String(await requester.request(Buffer.from('six'), { timeoutMs: 60_000 })), 'six')
    t.equal([...requester.pipes][0]?.remote?.host, '::1')
  })

t.test('a wrong key is refused with its reason and the address of the peer, before any message', async (t) => {
  const { address, refused, replier, until } = await openTarget(t)
  const peer = dial(t, address, { identity, key: randomBytes(32) })
  t.equal(await peer.failure, 'refused-by-peer')
  await until(() => refused.length > 0)
  t.same(refused[0], { reason: 'wrong-key', host: '127.0.0.1' })
  t.equal(replier.counters().attached, 0)
  t.ok(replier.counters().rejected['wrong-key'])
})

t.test('an identity that nobody knows is refused', async (t) => {
  const { address, refused, until } = await openTarget(t)
  const peer = dial(t, address, { identity: 'red/0123456789ab/member', key })
  t.equal(await peer.failure, 'refused-by-peer')
  await until(() => refused.length > 0)
  t.same(refused[0], { reason: 'unknown-identity', host: '127.0.0.1' })
})

t.test('keys are asked for anew at each connection', async (t) => {
  const taken = new Map([[identity, key]])
  const { address, refused, attached, until } = await openTarget(t, { keyOf: (asked) => taken.get(asked) })
  const first = dial(t, address, { identity, key })
  await first.request('with the key')
  taken.clear()
  const second = dial(t, address, { identity, key })
  t.equal(await second.failure, 'refused-by-peer')
  await until(() => refused.length > 0)
  t.equal(refused[0]?.reason, 'unknown-identity')
  t.equal(attached.length, 1)
})

t.test('a key that is withdrawn during the handshake makes no pipe', async (t) => {
  let asked = 0
  const withdrawn = { keyOf: () => (asked++ === 0 ? key : undefined) }
  const { address, refused, attached, until } = await openTarget(t, withdrawn)
  dial(t, address, { identity, key })
  await until(() => refused.length > 0)
  t.same(refused[0], { reason: 'key-revoked', host: '127.0.0.1' })
  t.equal(attached.length, 0)
})

t.test('a peer in clear on a TLS port is refused', async (t) => {
  const { port, refused, until } = await openTarget(t)
  for (const [index, said] of [Buffer.from('0053500000300000', 'hex'), 'GET / HTTP/1.1\r\n\r\n'].entries()) {
    const peer = open(t, port)
    peer.write(said)
    await closed(peer.resume())
    await until(() => refused.length > index)
  }
  t.same(refused, [
    { reason: 'not-tls', host: '127.0.0.1' },
    { reason: 'not-tls', host: '127.0.0.1' },
  ])
})

t.test('a TLS peer on a port in clear gets nothing', async (t) => {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const { address } = await engine.listen(
    'tcp://127.0.0.1:0',
    engine.createReplier((body) => body),
  )
  t.equal(await dial(t, `tls+${address}`, { identity, key }).failure, 'closed-in-handshake')
})

t.test('a handshake that stalls is ended', async (t) => {
  const { port, refused, until } = await openTarget(t, keys, 100)
  const peer = open(t, port)
  await closed(peer.resume())
  await until(() => refused.length > 0)
  t.same(refused, [{ reason: 'handshake-timeout', host: '127.0.0.1' }])
})

t.test('TLS without any key is refused', async (t) => {
  const { port, refused, until } = await openTarget(t)
  const peer = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...tls13 })
  peer.on('error', () => undefined)
  await closed(peer)
  await until(() => refused.length > 0)
  t.same(refused, [{ reason: 'no-key', host: '127.0.0.1' }])
})

t.test('TLS 1.2 is no way in where keys are asked for', async (t) => {
  const { port, refused, until } = await openTarget(t)
  const peer = connectTls({ port, host: '127.0.0.1', maxVersion: 'TLSv1.2', rejectUnauthorized: false })
  peer.on('error', () => undefined)
  await closed(peer)
  await until(() => refused.length > 0)
  t.same(refused, [{ reason: 'tls-version', host: '127.0.0.1' }])
})

t.test('a saved session ticket is refused, also by who has never been revoked', async (t) => {
  const { port, refused, attached, until } = await openTarget(t)
  const first = connectTls({ port, host: '127.0.0.1', ...tls13, pskCallback: () => ({ identity, psk: key }) })
  t.teardown(() => first.destroy())
  first.on('error', () => undefined)
  first.write(Buffer.from('0053500000300000', 'hex'))
  const [[session]] = await Promise.all([once(first, 'session'), until(() => attached.length === 1)])
  first.destroy()
  const second = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...tls13, session })
  second.on('error', () => undefined)
  second.write(Buffer.from('0053500000300000', 'hex'))
  await closed(second)
  await until(() => refused.length > 0)
  t.equal(refused[0]?.host, '127.0.0.1')
  t.equal(attached.length, 1)
})

t.test('a recorded connection that is played again is refused', async (t) => {
  const target = await openTarget(t)
  const recorder = await openRecorder(t, target.port)
  const peer = dial(t, `tls+tcp://127.0.0.1:${recorder.port}`, { identity, key })
  t.equal(String(await peer.request('once')), 'once')
  await peer.dialer.close()
  const { fromDialer } = await recorder.recording
  const replay = open(t, target.port)
  replay.write(fromDialer)
  await closed(replay.resume())
  await target.until(() => target.refused.length > 0)
  t.same(target.refused, [{ reason: 'bad-record', host: '127.0.0.1' }])
  t.equal(target.attached.length, 1)
})

t.test('credentials are needed where they prove something, and refused where they do not', async (t) => {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const replier = engine.createReplier((body) => body)
  const requester = engine.createRequester()
  const notSupported = { code: 'NOT_SUPPORTED', message: /credentials/ }
  await t.rejects(engine.listen('tls+tcp://127.0.0.1:0', replier), notSupported)
  t.throws(() => engine.dial('tls+tcp://127.0.0.1:1', requester), notSupported)
  await t.rejects(engine.listen('tcp://127.0.0.1:0', replier, { credentials: keys }), notSupported)
  t.throws(() => engine.dial('tcp://127.0.0.1:1', requester, { credentials: () => ({ identity, key }) }), notSupported)
})

t.test('the engine that has no TLS refuses credentials, rather than to go in clear', async (t) => {
  const engine = await openEngine('nanomsg')
  t.teardown(() => engine.close())
  const notSupported = { code: 'NOT_SUPPORTED' }
  const replier = engine.createReplier((body) => body)
  await t.rejects(engine.listen('tcp://127.0.0.1:0', replier, { credentials: keys }), notSupported)
  const requester = engine.createRequester()
  t.throws(() => engine.dial('tcp://127.0.0.1:1', requester, { credentials: () => ({ identity, key }) }), notSupported)
})

t.test('certificates', async (t) => {
  if (!requireTool(t, 'openssl', 'openssl')) return
  const ours = makeAuthority(t)
  const theirs = makeAuthority(t)
  const listener = ours.issue('blue/x509/member', 'localhost')
  const certificates = { ...listener, ca: ours.ca }
  const member = { ...ours.issue('blue/x509/call'), ca: ours.ca, serverName: 'localhost' }

  await t.test('that both sides trust make the common name the identity', async (t) => {
    const { address, attached } = await openTarget(t, certificates)
    const peer = dial(t, address, member)
    t.equal(String(await peer.request('hello')), 'hello')
    t.equal(attached[0]?.identity, 'blue/x509/call')
    t.equal((await peer.pipe).identity, 'blue/x509/member')
  })

  await t.test('of another authority are refused by the listener', async (t) => {
    const { address, refused, until } = await openTarget(t, certificates)
    dial(t, address, { ...theirs.issue('blue/x509/call'), ca: ours.ca, serverName: 'localhost' })
    await until(() => refused.length > 0)
    t.same(refused[0], { reason: 'bad-certificate', host: '127.0.0.1' })
  })

  await t.test('of another authority are refused by who dials', async (t) => {
    const { address } = await openTarget(t, { ...theirs.issue('blue/x509/member', 'localhost'), ca: ours.ca })
    t.equal(await dial(t, address, member).failure, 'bad-certificate')
  })

  await t.test('for another name are refused by who dials', async (t) => {
    const { address } = await openTarget(t, certificates)
    t.equal(await dial(t, address, { ...member, serverName: 'elsewhere' }).failure, 'bad-certificate')
  })

  await t.test('are asked of everybody', async (t) => {
    const { port, refused, until } = await openTarget(t, certificates)
    const peer = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...tls13 })
    peer.on('error', () => undefined)
    await closed(peer)
    await until(() => refused.length > 0)
    t.same(refused, [{ reason: 'no-certificate', host: '127.0.0.1' }])
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    await t.test(`are shown anew each time: a saved session is not resumed, ${maxVersion}`, async (t) => {
      const { port, refused, attached, until } = await openTarget(t, certificates)
      const to = { port, host: '127.0.0.1', maxVersion, rejectUnauthorized: false }
      const first = connectTls({ ...to, cert: member.cert, key: member.key })
      t.teardown(() => first.destroy())
      first.on('error', () => undefined)
      const ticket = maxVersion === 'TLSv1.3' ? once(first, 'session') : undefined
      first.write(Buffer.from('0053500000300000', 'hex'))
      await until(() => attached.length === 1)
      const session = ticket ? (await ticket)[0] : first.getSession()
      const second = connectTls({ ...to, session })
      second.on('error', () => undefined)
      await closed(second)
      await until(() => refused.length > 0)
      t.same(refused, [{ reason: 'no-certificate', host: '127.0.0.1' }])
      t.equal(attached.length, 1)
    })

  await t.test('do not make up for a key: a listener that shows one instead is left', async (t) => {
    const impostor = createTlsServer({ ...listener, ...tls13 }).listen(0, '127.0.0.1')
    t.teardown(() => impostor.close())
    impostor.on('tlsClientError', () => undefined)
    await once(impostor, 'listening')
    const port = portOf(impostor)
    const failure = await dial(t, `tls+tcp://127.0.0.1:${port}`, { identity, key }).failure
    t.match(failure, /bad-certificate|no-key|refused/)
  })
})
