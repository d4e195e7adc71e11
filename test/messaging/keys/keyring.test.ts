import type { Test } from 'tap'
import type { Keyring } from '../../../messaging/keys/keyring.ts'
import type { DialOptions, Pipe } from '../../../messaging/sp/engine.ts'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createRootKey, deriveKey, formatKey } from '../../../messaging/keys/key.ts'
import { createKeyring } from '../../../messaging/keys/keyring.ts'
import { isReadByOthers, openKeyring } from '../../../messaging/keys/open-keyring.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'

/** A replier of the cluster `web`, whose pipes are counted as they come and go. */
async function openMember(t: Test, keyring: Keyring) {
  const waiting = new Set<() => void>()
  const wakeAll = () => {
    for (const wake of waiting) wake()
    waiting.clear()
  }
  const detached: string[] = []
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const replier = engine.createReplier((body) => body, {
    onAttach: wakeAll,
    onDetach(_pipe, reason) {
      detached.push(reason)
      wakeAll()
    },
  })
  t.teardown(keyring.guard(replier))
  const { address } = await engine.listen('tls+tcp://127.0.0.1:0', replier, {
    credentials: keyring.listenCredentials((rights) => rights.mayCall('web')),
  })
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise<void>((resolve) => void waiting.add(resolve))
  }
  return { address, replier, detached, until }
}

function openCaller(t: Test, address: string, keyring: Keyring, options: DialOptions = {}) {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const requester = engine.createRequester()
  engine.dial(address, requester, { ...options, credentials: keyring.dialCredentials({ call: 'web' }) })
  return {
    requester,
    call: async () => String(await requester.request(Buffer.from('hello'), { timeoutMs: 10_000 })),
    identity: () => [...requester.pipes].map((pipe: Pipe) => pipe.identity),
  }
}

t.test('a caller and a member with one root talk, the caller as no more than a caller', async (t) => {
  const root = createRootKey('web')
  const { address } = await openMember(t, createKeyring([root]))
  const caller = openCaller(t, address, createKeyring([root]))
  t.equal(await caller.call(), 'hello')
  t.same(caller.identity(), [`web/${root.keyId}/call`])
})

t.test('the derived call key is enough to call, and no other purpose or cluster is', async (t) => {
  const root = createRootKey('web')
  const { address } = await openMember(t, createKeyring([root]))
  t.equal(await openCaller(t, address, createKeyring([deriveKey(root, 'call')])).call(), 'hello')
  for (const key of [deriveKey(root, 'roll'), createRootKey('answer')])
    t.equal(createKeyring([key]).speakFor({ call: 'web' }), undefined, key.purpose)
  for (const impostor of [
    { identity: `web/${root.keyId}/call`, key: deriveKey(root, 'roll').secret },
    { identity: `web/${root.keyId}/roll`, key: deriveKey(root, 'roll').secret },
    { identity: `*/${root.keyId}/call`, key: deriveKey(root, 'call').secret },
    { identity: `web/${root.keyId}/root`, key: root.secret },
  ]) {
    const engine = createSpEngine()
    t.teardown(() => engine.close())
    const failure = new Promise((onFailure) =>
      engine.dial(address, engine.createRequester(), { credentials: () => impostor, onFailure }),
    )
    t.equal(await failure, 'refused-by-peer', impostor.identity)
  }
})

t.test('keys follow one another without a call that fails: first speaks, all listen', async (t) => {
  const [old, next] = [createRootKey('web'), createRootKey('web')]
  const [members, callers] = [createKeyring([old]), createKeyring([old])]
  const { address, detached, until } = await openMember(t, members)
  const caller = openCaller(t, address, callers)
  const steps = [[old, next], [next, old], [next]]
  t.equal(await caller.call(), 'hello')
  for (const keys of steps) {
    members.replace(keys)
    t.equal(await caller.call(), 'hello')
    callers.replace(keys)
    t.equal(await caller.call(), 'hello')
  }
  await until(() => detached.length > 0)
  t.same(detached, ['key-revoked'])
  t.same(caller.identity(), [`web/${next.keyId}/call`])
})

t.test('a key that has left the keyring closes its pipes, and comes in no more', async (t) => {
  const [old, next] = [createRootKey('web'), createRootKey('web')]
  const members = createKeyring([old, next])
  const { address, replier, detached, until } = await openMember(t, members)
  let isRefused = () => {}
  const refused = new Promise<void>((resolve) => (isRefused = resolve))
  const stale = openCaller(t, address, createKeyring([old]), { onFailure: () => isRefused() })
  const fresh = openCaller(t, address, createKeyring([next]))
  await Promise.all([stale.call(), fresh.call()])
  members.replace([next])
  await until(() => detached.length > 0)
  await refused
  t.same(
    [...replier.pipes].map((pipe) => pipe.identity),
    [`web/${next.keyId}/call`],
  )
  t.equal(await fresh.call(), 'hello')
})

t.test('the keyring of a file is read again when told to, and stays when the file is wrong', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-keys-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'keyring')
  const warned: object[] = []
  const log = { info() {}, warn: (fields: object) => void warned.push(fields) }
  const [old, next] = [createRootKey('web'), createRootKey('web')]
  writeFileSync(path, formatKey(old), { mode: 0o600 })
  const keyring = openKeyring({ path }, log)
  t.equal(keyring?.speakFor({ call: 'web' })?.identity, `web/${old.keyId}/call`)
  writeFileSync(path, `${formatKey(next)}\n${formatKey(old)}`)
  t.ok(keyring?.reread())
  t.equal(keyring?.speakFor({ call: 'web' })?.identity, `web/${next.keyId}/call`)
  t.same(warned, [])
  writeFileSync(path, 'sesame')
  t.notOk(keyring?.reread())
  t.equal(keyring?.keys.length, 2)
  writeFileSync(path, formatKey(old))
  chmodSync(path, 0o644)
  t.ok(keyring?.reread())
  t.match(warned.at(-1), { path, mode: '0644' })
})

t.test('keys of its own are for their owner alone; those that are mounted for it, for its group', async (t) => {
  const own = 1000
  for (const [mode, uid, isRead] of [
    [0o100600, own, false],
    [0o100640, own, true],
    [0o100604, own, true],
    [0o100440, 0, false],
    [0o100444, 0, true],
  ] as const)
    t.equal(isReadByOthers({ mode, uid }, own), isRead, `${mode.toString(8)} of ${uid}`)
})

t.test('one key, one file, or an open fleet; not both', async (t) => {
  const key = formatKey(createRootKey('*'))
  t.equal(openKeyring({}), undefined)
  t.equal(openKeyring({ key })?.keys.length, 1)
  t.throws(() => openKeyring({ key, path: 'keyring' }), { code: 'KEY_INVALID' })
  t.throws(() => openKeyring({ path: 'there/is/no/such/file' }), { code: 'KEY_INVALID', message: /cannot be read/ })
})
