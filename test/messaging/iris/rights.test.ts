import t from 'tap'
import { formatGoodbye, formatHello } from '../../../messaging/iris/frame.ts'
import { keyringRights } from '../../../messaging/iris/rights.ts'
import { createRootKey, deriveKey } from '../../../messaging/keys/key.ts'
import { createKeyring } from '../../../messaging/keys/keyring.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { openFleet, outcomeOf } from '../../fixtures/iris-fleet.ts'

t.test('a key allows its cluster and its purpose, and nothing allows nothing', async (t) => {
  const web = createRootKey('web')
  const rights = keyringRights(createKeyring([web, deriveKey(createRootKey('db'), 'call')]))
  const identity = (purpose: string) => `web/${web.keyId}/${purpose}`
  t.ok(rights.mayCall(identity('call'), 'web'))
  t.ok(rights.mayCall(identity('member'), 'web'))
  t.notOk(rights.mayCall(identity('call'), 'db'))
  t.notOk(rights.mayCall(identity('roll'), 'web'))
  t.notOk(rights.mayCall(undefined, 'web'), 'a plain peer')
  t.notOk(rights.mayCall('nonsense', 'web'))
  t.ok(rights.mayServe(identity('member'), 'web'))
  t.notOk(rights.mayServe(identity('call'), 'web'), 'who may call is not taken for a member')
  t.notOk(rights.mayServe(identity('member'), 'db'))
  t.match(rights.identityFor('db'), /^db\/[0-9a-f]{12}\/call$/)
  t.equal(rights.identityFor('cache'), undefined)
  t.throws(() => rights.credentialsFor('cache')?.(), { message: 'no-key-held' })
})

t.test('who is not proven to be a member cannot make another one look as if it left', async (t) => {
  const { clock, network, add } = openFleet(t)
  const rights = { ...keyringRights(createKeyring([])), mayCall: () => true, credentialsFor: () => undefined }
  await add('victim', 'db', { handlers: { request: () => Buffer.from('here') } })
  const node = await add('a', 'web', { rights })
  const engine = createSpEngine({
    clock,
    lookup: (name) => Promise.resolve([name]),
    transports: [network.transport('liar')],
  })
  const link = engine.createLink({ onMessage: () => {} })
  const greeting = { version: 1, boot: 'victim', cluster: 'db', id: 'victim', address: 'sim://victim:1' }
  engine.dial('sim://a:1', link, {
    onPipe: (pipe) => {
      link.send(pipe, formatHello(greeting), Buffer.alloc(0))
      link.send(pipe, formatGoodbye('leaving'), Buffer.alloc(0))
    },
  })
  await clock.advanceAsync(10)
  t.equal(node.link.pipes.size, 1)
  const reply = outcomeOf(node.request('db', Buffer.from('hello')))
  await clock.advanceAsync(10)
  t.equal(await reply, 'here')
  await engine.close()
})
