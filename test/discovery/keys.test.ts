// What a daemon with keys lets on its roll, and whom it lets in at all.

import type { Test } from 'tap'
import type { Key } from '../../messaging/keys/key.ts'
import type { OpenKeyring } from '../../messaging/keys/open-keyring.ts'
import t from 'tap'
import { openDaemon } from '../../discovery/daemon.ts'
import { join } from '../../messaging/roll/join.ts'
import { formatIdentity } from '../../messaging/keys/identity.ts'
import { createRootKey, deriveKey, formatKey } from '../../messaging/keys/key.ts'
import { createKeyring } from '../../messaging/keys/keyring.ts'
import { openKeyring } from '../../messaging/keys/open-keyring.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'

async function openKeyed(t: Test, ...keys: readonly Key[]) {
  const keyring = createKeyring(keys)
  const warned: { fields: object; message: string }[] = []
  let wake = () => {}
  const log = {
    debug() {},
    info() {},
    error() {},
    warn(...said: readonly unknown[]) {
      const [fields, message] = said
      // How busy this machine is says nothing of keys.
      if (String(message).startsWith('event loop lagged')) return
      if (typeof fields === 'object' && fields) warned.push({ fields, message: String(message) })
      else warned.push({ fields: {}, message: String(fields) })
      wake()
    },
  }
  const daemon = await openDaemon({
    host: '127.0.0.1',
    port: 0,
    httpPort: 0,
    httpHost: '127.0.0.1',
    warmupMs: 0,
    intervalMs: 50,
    keyring,
    log,
  })
  t.teardown(() => daemon.close())
  daemon.reader.changes.subscribe(() => wake())
  return {
    daemon,
    keyring,
    warned,
    address: daemon.spAddress,
    until: async (isSo: () => boolean) => {
      while (!isSo()) await new Promise<void>((resolve) => (wake = resolve))
    },
  }
}

/** A respondent that says these lines, whatever its key is for. */
function speak(t: Test, address: string, key: Key, answer: string) {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const respondent = engine.createRespondent(() => Buffer.from(answer))
  engine.dial(address, respondent, {
    credentials: () => ({ identity: formatIdentity(key), key: key.secret }),
  })
  return respondent
}

const ringOf = (key: Key): OpenKeyring => {
  const keyring = openKeyring({ key: formatKey(key) })
  if (!keyring) throw new Error('there is a key')
  return keyring
}

t.test('a service with the key of the fleet is on the roll, as the one that its name says', async (t) => {
  const root = createRootKey('*')
  const { daemon, address, until, warned } = await openKeyed(t, root)
  t.match(address, /^tls\+tcp:/)
  const membership = await join({
    discovery: [address.replace('tls+tcp://', '')],
    service: 'web',
    port: 8080,
    env: { ROLLCALL_KEY: formatKey(root) },
  })
  t.teardown(() => membership.close())
  await until(() => daemon.reader.services().length > 0)
  t.same(daemon.reader.services(), ['web'])
  t.same(warned, [], 'and nobody says that the fleet is open')
})

t.test('a daemon that holds the roll key alone takes the services, and not their callers', async (t) => {
  const root = createRootKey('web')
  const { daemon, address, until, warned } = await openKeyed(t, deriveKey(root, 'roll'))
  const membership = await join({ discovery: [address], service: 'web', port: 8080, keyring: ringOf(root) })
  t.teardown(() => membership.close())
  await until(() => daemon.reader.services().length > 0)
  speak(t, address, deriveKey(root, 'call'), 'web|tcp://10.0.0.9:80')
  await until(() => warned.some(({ message }) => message === 'connection refused'))
  t.match(warned, [{ fields: { reason: 'unknown-identity', peer: /^127\.0\.0\.1:\d+$/ } }])
  t.equal(daemon.reader.health().rejected['unknown-identity'], 1)
})

t.test("a holder of web's call key puts nothing on the roll, not even what is there already", async (t) => {
  const root = createRootKey('web')
  const { daemon, address, until, warned } = await openKeyed(t, root)
  const line = '{"service":"web","id":"web-1","address":"tcp://10.0.0.7:80"}'
  speak(t, address, deriveKey(root, 'member'), line)
  await until(() => daemon.reader.services().length > 0)
  const [before] = daemon.reader.instances('web')
  speak(t, address, deriveKey(root, 'call'), line)
  await until(() => warned.length > 0)
  t.match(warned[0], { fields: { reason: 'not-permitted', peer: /^127\.0\.0\.1:\d+$/ } })
  t.ok((daemon.reader.health().refusedLines['not-permitted'] ?? 0) > 0)
  t.same(
    daemon.reader.instances('web').map(({ id }) => id),
    [before?.id],
  )
})

t.test('a roll key is good for its name, a member key for its cluster, and for nothing else', async (t) => {
  const [fleet, web] = [createRootKey('*'), createRootKey('web')]
  const { daemon, address, until, warned } = await openKeyed(t, fleet, web)
  const lines = 'web|tcp://10.0.0.1:80\nanswer|tcp://10.0.0.1:81'
  speak(t, address, deriveKey(fleet, 'roll:answer'), lines)
  await until(() => warned.length === 1)
  await until(() => daemon.reader.services().length > 0)
  t.same(daemon.reader.services(), ['answer'], 'roll:answer')
  speak(t, address, deriveKey(web, 'member'), 'web|tcp://10.0.0.2:80\nother|tcp://10.0.0.2:81')
  await until(() => warned.length === 2 && daemon.reader.services().length > 1)
  t.same(daemon.reader.services(), ['answer', 'web'], 'member of web')
  speak(t, address, deriveKey(fleet, 'roll'), 'third|tcp://10.0.0.3:80')
  await until(() => daemon.reader.services().length > 2)
  t.same(daemon.reader.services(), ['answer', 'third', 'web'], 'roll of the fleet')
})

t.test('a service without a key does not get in', async (t) => {
  const { address, until, warned, daemon } = await openKeyed(t, createRootKey('*'))
  const membership = await join({ discovery: [address.replace('tls+', '')], service: 'web', port: 8080 })
  t.teardown(() => membership.close())
  await until(() => warned.length > 0)
  t.match(warned[0], { fields: { reason: 'not-tls', peer: /^127\.0\.0\.1:\d+$/ }, message: 'connection refused' })
  t.same(daemon.reader.services(), [])
})

t.test('a service whose key has left the keyring is off the roll, and its pipe is closed', async (t) => {
  const [old, next] = [createRootKey('*'), createRootKey('*')]
  const { daemon, keyring, address, until } = await openKeyed(t, next, old)
  speak(t, address, deriveKey(old, 'roll:old'), 'old|tcp://10.0.0.1:80')
  speak(t, address, deriveKey(next, 'roll:next'), 'next|tcp://10.0.0.2:80')
  await until(() => daemon.reader.services().length === 2)
  keyring.replace([next])
  await until(() => daemon.reader.services().length === 1)
  t.same(daemon.reader.services(), ['next'])
})

t.test('what no key allows is said at once, in a sentence without a secret', async (t) => {
  const key = deriveKey(createRootKey('web'), 'call')
  const options = { discovery: ['127.0.0.1:1'], service: 'web', port: 8080, env: { ROLLCALL_KEY: formatKey(key) } }
  await t.rejects(join(options), { code: 'KEY_INVALID', message: /no key here may put web on the roll/ })
  const env = { ROLLCALL_KEY: formatKey(createRootKey('*')), ROLLCALL_ENGINE: 'nanomsg' }
  await t.rejects(join({ ...options, env }), { code: /NOT_SUPPORTED|ADDRESS_INVALID|ENGINE_MISSING/ })
  const keyring = createKeyring([createRootKey('*')])
  await t.rejects(openDaemon({ engine: 'nanomsg', keyring, port: 0, httpPort: 0 }), {
    code: /NOT_SUPPORTED|ENGINE_MISSING/,
  })
})
