import type { Purpose } from '../../../messaging/keys/identity.ts'
import t from 'tap'
import { formatIdentity, readIdentity, rightsOf } from '../../../messaging/keys/identity.ts'
import { createRootKey, deriveKey, formatKey, readKey } from '../../../messaging/keys/key.ts'
import { readKeyring } from '../../../messaging/keys/keyring.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

t.test('a key is read as it was printed', async (t) => {
  const root = createRootKey('web')
  for (const purpose of ['root', 'member', 'call', 'roll', 'roll:web'] as const) {
    const key = deriveKey(root, purpose)
    const read = readKey(formatKey(key))
    t.equal(hex(read.secret), hex(key.secret), purpose)
    t.equal(formatIdentity(read), `web/${root.keyId}/${purpose}`)
  }
})

t.test('two keys are never the same, and neither are two that are derived', async (t) => {
  const [one, other] = [createRootKey('*'), createRootKey('*')]
  const purposes: Purpose[] = ['root', 'member', 'call', 'roll', 'roll:web', 'roll:answer']
  const secrets = [one, other].flatMap((root) => purposes.map((purpose) => hex(deriveKey(root, purpose).secret)))
  t.equal(new Set(secrets).size, secrets.length)
  t.not(one.keyId, other.keyId)
})

// Computed by another implementation of HKDF.
t.test('derivation is fixed: what was handed out stays good', async (t) => {
  const root = readKey(`rck1.web.2b77e1884e09.root.${Buffer.alloc(32, 7).toString('base64url')}`)
  t.equal(hex(deriveKey(root, 'member').secret), 'f63efa08d4558c7f1ed37d66bf10306f66103f716e96afdda05b9321c70ed5e4')
  t.equal(hex(deriveKey(root, 'call').secret), '85c061b9704af8fe4f34080dc8370a4ed85acd30e4c48b28aa1fc358d1111f56')
  t.equal(hex(deriveKey(root, 'roll').secret), 'd03f17c8e6cac6f6c4515ede956fabc0e7ea08359075e542fdc170b21e7c6f82')
  t.equal(hex(deriveKey(root, 'roll:web').secret), '9d56d7d8d6a237dd0f78f2fe58073d3a5811a9c10509c5492148292666963b28')
})

t.test('derivation goes one way', async (t) => {
  const root = createRootKey('web')
  const invalid = { code: 'KEY_INVALID' }
  t.equal(
    hex(deriveKey(deriveKey(root, 'roll'), 'roll:web').secret),
    hex(deriveKey(root, 'roll:web').secret),
    'who holds roll holds that of each name',
  )
  t.throws(() => deriveKey(deriveKey(root, 'call'), 'member'), invalid)
  t.throws(() => deriveKey(deriveKey(root, 'roll:web'), 'roll'), invalid)
  t.throws(() => deriveKey(deriveKey(root, 'roll'), 'root'), invalid)
  t.throws(() => deriveKey(root, 'roll:answer'), invalid, 'another name is another cluster')
})

t.test('what is shorter, cut off or mistyped is refused in a sentence without the secret', async (t) => {
  const text = formatKey(createRootKey('web'))
  const secret = text.slice(text.lastIndexOf('.') + 1)
  const swapped = secret.startsWith('A') ? `B${secret.slice(1)}` : `A${secret.slice(1)}`
  const wrong = [
    '',
    'sesame',
    secret,
    text.slice(0, -1),
    `${text}A`,
    `${text}.x`,
    text.replace('rck1', 'rck2'),
    text.replace('.web.', '.we b.'),
    text.replace('.root.', '.admin.'),
    text.replace('.root.', '.roll:.'),
    text.replace(secret, swapped),
    text.replace(/\.[0-9a-f]{12}\./, '.00.'),
  ]
  for (const given of wrong) {
    const error = t.throws(() => readKey(given), { code: 'KEY_INVALID', message: /^the key is refused: / })
    t.notMatch(String(error), new RegExp(secret.slice(0, 20)), given.replace(secret, '…'))
  }
})

t.test('rights come from the identity alone', async (t) => {
  const may = (identity: string, name: string) => {
    const rights = rightsOf(identity)
    return [rights?.mayAnswerFor(name) ?? false, rights?.mayCall(name) ?? false]
  }
  t.same(may('web/0123456789ab/member', 'web'), [true, true])
  t.same(may('web/0123456789ab/member', 'answer'), [false, false])
  t.same(may('*/0123456789ab/member', 'answer'), [true, true])
  t.same(may('web/0123456789ab/call', 'web'), [false, true])
  t.same(may('web/0123456789ab/roll', 'web'), [true, false])
  t.same(may('*/0123456789ab/roll', 'web'), [true, false])
  t.same(may('*/0123456789ab/roll:web', 'web'), [true, false])
  t.same(may('*/0123456789ab/roll:web', 'answer'), [false, false])
  t.same(may('answer/0123456789ab/roll:web', 'web'), [false, false])
})

t.test('an identity of no known form allows nothing', async (t) => {
  for (const text of [
    '',
    'web',
    'web//member',
    'web/0123456789ab/root',
    'web/0123456789ab/admin',
    'web/a/b/member',
    '../a/member',
  ])
    t.equal(rightsOf(text), undefined, text)
  t.same(readIdentity('web/x/roll:a'), { cluster: 'web', keyId: 'x', purpose: 'roll:a' })
})

t.test('a keyring is one key a line, with comments; the wrong line is named and not shown', async (t) => {
  const [first, second] = [createRootKey('web'), createRootKey('answer')]
  const text = `# the fleet\n${formatKey(first)} # speaks\n\n${formatKey(second)}\n`
  t.same(readKeyring(text).map(formatIdentity), [formatIdentity(first), formatIdentity(second)])
  t.throws(() => readKeyring('# nothing\n'), { code: 'KEY_INVALID' })
  const error = t.throws(() => readKeyring(`${text}sesame-street`), { code: 'KEY_INVALID', message: /^line 5: / })
  t.notMatch(String(error), /sesame/)
})
