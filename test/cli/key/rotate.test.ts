import t from 'tap'
import { rotate } from '../../../cli/key/rotate.ts'
import { createRootKey, deriveKey, formatKey } from '../../../messaging/keys/key.ts'
import { readKeyring } from '../../../messaging/keys/keyring.ts'

const idsOf = (text: string) => readKeyring(text).map(({ keyId }) => keyId)

t.test('three steps lead from one key to the next, and the rest of the file stays', async (t) => {
  const [web, answer] = [createRootKey('web'), createRootKey('answer')]
  const text = `# ours\n${formatKey(web)} # since May\n\n${formatKey(answer)}\n`
  const added = rotate(text, 'add', 'web')
  const [first, next = '', ...others] = idsOf(added.text)
  t.same([first, ...others], [web.keyId, answer.keyId], 'the old one speaks')
  const switched = rotate(added.text, 'switch', 'web')
  t.same(idsOf(switched.text), [next, web.keyId, answer.keyId], 'the new one speaks')
  const dropped = rotate(switched.text, 'drop', 'web')
  t.same(idsOf(dropped.text), [next, answer.keyId])
  t.match(dropped.text, /^# ours\n/)
  t.match(switched.text, /# since May\n/)
})

t.test('a step out of order, or on what cannot be rotated, changes nothing and says why', async (t) => {
  const root = createRootKey('web')
  const one = formatKey(root)
  const two = rotate(one, 'add').text
  const invalid = (message: RegExp) => ({ code: 'KEY_INVALID', message })
  t.throws(() => rotate(one, 'switch'), invalid(/first step is add/))
  t.throws(() => rotate(one, 'drop'), invalid(/first step is add/))
  t.throws(() => rotate(two, 'add'), invalid(/next step is switch/))
  t.throws(
    () => rotate(`${one}\n${formatKey(createRootKey('answer'))}`, 'add'),
    invalid(/--cluster, one of web, answer/),
  )
  t.throws(() => rotate(formatKey(deriveKey(root, 'call')), 'add'), invalid(/no root key of web/))
})
