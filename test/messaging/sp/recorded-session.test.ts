// Forward secrecy, by trying: who recorded a session and comes by the root key later is given all that follows from it, and reads nothing. That
// the attempt itself is sound is shown on a session without an exchange of its own, which we never make: it is read from end to end.

import type { SecureContextOptions } from 'node:tls'
import { constants } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import t from 'tap'
import { createRootKey, formatKey, readKey } from '../../../messaging/keys/key.ts'
import { createKeyring } from '../../../messaging/keys/keyring.ts'
import { openRecorder } from './recorder.ts'
import { dial, identity, key, openTarget, portOf } from './tls-target.ts'
import { identityIn, isKeyOf, readWithKey } from './tls13-attack.ts'

/** Two sides that have no curve in common and may do without: the key is all that there is. */
const withoutExchange = Object.freeze({
  minVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256',
  secureOptions: constants.SSL_OP_ALLOW_NO_DHE_KEX,
}) satisfies SecureContextOptions

t.test('a recorded session is not read with the root key alone, nor with what derives from it', async (t) => {
  const root = createRootKey('blue')
  const keyring = createKeyring([root])
  const target = await openTarget(t, keyring.listenCredentials())
  const recorder = await openRecorder(t, target.port)
  const credentials = keyring.dialCredentials({ call: 'blue' })()
  const peer = dial(t, `tls+tcp://127.0.0.1:${recorder.port}`, credentials)
  t.equal(String(await peer.request('what nobody else may know')), 'what nobody else may know')
  await peer.dialer.close()
  const recording = await recorder.recording

  const later = createKeyring([readKey(formatKey(root))])
  const found = later.keyOf(identityIn(recording)) ?? Buffer.alloc(0)
  t.ok(isKeyOf(recording, found), 'it is the very key of the session')
  t.equal(readWithKey(recording, found), undefined)
  for (const purpose of ['member', 'roll', 'roll:blue'] as const)
    t.equal(readWithKey(recording, later.keyOf(`blue/${root.keyId}/${purpose}`) ?? Buffer.alloc(0)), undefined, purpose)
  t.equal(readWithKey(recording, root.secret), undefined, 'the root itself')
})

t.test('the same attempt reads every word of a session that has no exchange of its own', async (t) => {
  const pskCallback = () => Buffer.from(key)
  const server = createTlsServer({ ...withoutExchange, ecdhCurve: 'P-256', pskCallback }, (socket) =>
    socket.on('error', () => undefined).pipe(socket),
  ).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const recorder = await openRecorder(t, portOf(server))
  const socket = connectTls({
    ...withoutExchange,
    ecdhCurve: 'X25519',
    host: '127.0.0.1',
    port: recorder.port,
    pskCallback: () => ({ identity, psk: key }),
    checkServerIdentity: () => undefined,
  })
  t.teardown(() => socket.destroy())
  for (const word of ['what nobody else', ' may know']) {
    socket.write(word)
    await once(socket, 'data')
  }
  socket.end()
  const recording = await recorder.recording

  t.equal(identityIn(recording), identity)
  t.ok(isKeyOf(recording, key))
  const read = readWithKey(recording, key)
  t.equal(String(read?.fromDialer), 'what nobody else may know')
  t.equal(String(read?.fromListener), 'what nobody else may know')
  t.equal(readWithKey(recording, Buffer.alloc(32)), undefined, 'not with another key')
})

t.test('who dials and would do without an exchange is refused', async (t) => {
  const { port, refused, attached, until } = await openTarget(t)
  const socket = connectTls({
    ...withoutExchange,
    ecdhCurve: 'P-256',
    host: '127.0.0.1',
    port,
    pskCallback: () => ({ identity, psk: key }),
    checkServerIdentity: () => undefined,
  })
  socket.on('error', () => undefined)
  // A pipe is made by who greets.
  socket.write(Buffer.from('0053500000300000', 'hex'))
  await until(() => refused.length > 0 || attached.length > 0)
  socket.destroy()
  t.equal(refused[0]?.host, '127.0.0.1')
  t.equal(attached.length, 0)
})

t.test('a listener that would do without an exchange is left', async (t) => {
  const pskCallback = () => Buffer.from(key)
  const server = createTlsServer({ ...withoutExchange, ecdhCurve: 'P-256', pskCallback }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  server.on('tlsClientError', () => undefined)
  await once(server, 'listening')
  const peer = dial(t, `tls+tcp://127.0.0.1:${portOf(server)}`, { identity, key })
  t.match(await Promise.race([peer.failure, peer.pipe.then(() => 'pipe')]), /refused-by-peer|tls-failed/)
})
