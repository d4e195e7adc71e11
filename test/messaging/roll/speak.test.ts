// Speaking for others, to a real daemon on loopback.

import type { Test } from 'tap'
import t from 'tap'
import type { Daemon } from '../../../discovery/daemon.ts'
import { openDaemon } from '../../../discovery/daemon.ts'
import type { Key } from '../../../messaging/keys/key.ts'
import { createRootKey, deriveKey, formatKey } from '../../../messaging/keys/key.ts'
import { createKeyring } from '../../../messaging/keys/keyring.ts'
import { openKeyring } from '../../../messaging/keys/open-keyring.ts'
import type { SpeakOptions } from '../../../messaging/roll/speak.ts'
import { speak } from '../../../messaging/roll/speak.ts'

const shop = { service: 'shop', id: 'shop-1', protocol: 'http', host: '10.0.0.1', port: 80 }
const redis = { service: 'redis', id: 'redis-1', protocol: 'redis', host: '10.0.0.2', port: 6379 }

async function openWorld(t: Test, keys: readonly Key[] = []) {
  const daemon = await openDaemon({
    host: '127.0.0.1',
    port: 0,
    httpHost: '127.0.0.1',
    httpPort: 0,
    warmupMs: 0,
    // A test that needs a round to be told would take as long.
    intervalMs: 60_000,
    ...(keys.length > 0 && { keyring: createKeyring(keys) }),
  })
  t.teardown(() => daemon.close())
  return {
    daemon,
    openSpeaking: async (options: Partial<SpeakOptions> = {}) => {
      const speaking = await speak({ by: 'watcher-1', discovery: [daemon.spAddress], ...options })
      t.teardown(() => speaking.close())
      return speaking
    },
    until: (isSo: () => boolean) => untilChange(daemon, isSo),
  }
}

async function untilChange({ reader }: Daemon, isSo: () => boolean): Promise<void> {
  let wake = () => {}
  const stop = reader.changes.subscribe(() => wake())
  while (!isSo()) await new Promise<void>((resolve) => (wake = resolve))
  stop()
}

t.test(
  'what is said for others is on the roll at once, with who says it, and off it when it is no longer said',
  async (t) => {
    const { daemon, openSpeaking, until } = await openWorld(t)
    const speaking = await openSpeaking()
    const said = speaking.say(shop)
    await until(() => daemon.reader.instances('shop').length === 1)
    t.match(daemon.reader.instances('shop'), [{ id: 'shop-1', by: 'watcher-1', host: '10.0.0.1', status: 'passing' }])
    t.match(daemon.reader.instances('shop'), [{ load: undefined }])
    const other = speaking.say(redis)
    await until(() => daemon.reader.instances('redis').length === 1)
    said.update({ ...shop, status: 'draining' })
    await until(() => daemon.reader.instances('shop')[0]?.status === 'draining')
    said.remove()
    said.remove()
    await until(() => daemon.reader.instances('shop').length === 0)
    t.equal(daemon.reader.instances('redis').length, 1)
    other.remove()
    await until(() => daemon.reader.instances('redis').length === 0)
    speaking.say(shop)
    await until(() => daemon.reader.instances('shop').length === 1)
    await speaking.leave()
    await until(() => daemon.reader.instances('shop').length === 0)
    t.throws(() => speaking.say(shop), { code: 'CLOSED' })
  },
)

t.test('who does not know says nothing, and the daemon finds that out', async (t) => {
  const { daemon, openSpeaking, until } = await openWorld(t)
  let isKnowing = false
  const speaking = await openSpeaking({ isKnowing: () => isKnowing })
  speaking.say(shop)
  await until(() => daemon.reader.health().counts.attachedPipes === 1 || daemon.reader.round > 0)
  t.same(daemon.reader.instances('shop'), [])
  isKnowing = true
  speaking.say(redis)
  await until(() => daemon.reader.instances('redis').length === 1)
  t.equal(daemon.reader.instances('shop').length, 1)
})

t.test('what makes no sense is refused, and nothing else is lost', async (t) => {
  const { daemon, openSpeaking, until } = await openWorld(t)
  const speaking = await openSpeaking()
  t.throws(() => speaking.say({ ...shop, service: 'shop.eu' }), { code: 'NAME_INVALID', message: /shop-eu/ })
  t.throws(() => speaking.say({ ...shop, weight: Number.NaN }), { code: 'NAME_INVALID', message: /weight/ })
  const said = speaking.say(shop)
  t.throws(() => said.update({ ...shop, service: 'other' }), { code: 'NAME_INVALID' })
  await until(() => daemon.reader.instances('shop').length === 1)
})

t.test('with a key for each name, each line goes over its own, and a name without one is refused', async (t) => {
  const root = createRootKey('*')
  const { daemon, openSpeaking, until } = await openWorld(t, [deriveKey(root, 'roll')])
  const keyring = createKeyring([deriveKey(root, 'roll:shop'), deriveKey(root, 'roll:redis')])
  const speaking = await openSpeaking({ keyring: Object.assign(keyring, { reread: () => true }) })
  speaking.say(shop)
  speaking.say(redis)
  await until(() => daemon.reader.services().length === 2)
  t.equal(daemon.reader.health().counts.attachedPipes, 2)
  t.throws(() => speaking.say({ ...shop, service: 'vault' }), {
    code: 'KEY_INVALID',
    message: /no key here may put vault/,
  })
})

t.test('a key for every name carries all of them over one connection', async (t) => {
  const root = createRootKey('*')
  const { daemon, openSpeaking, until } = await openWorld(t, [root])
  const keyring = openKeyring({ key: formatKey(deriveKey(root, 'roll')) })
  const speaking = await openSpeaking(keyring ? { keyring } : {})
  speaking.say(shop)
  speaking.say(redis)
  await until(() => daemon.reader.services().length === 2)
  t.equal(daemon.reader.health().counts.attachedPipes, 1)
})
