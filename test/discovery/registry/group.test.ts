import t from 'tap'
import { createRoll, line } from '../../fixtures/roll.ts'

t.test('a service, a cluster and a topic of one name and one id live side by side', async (t) => {
  const roll = createRoll()
  const pipe = roll.attach()
  const port = 'tcp://10.0.0.1:80'
  const lines = [
    line('a', { address: port }),
    line('a', { kind: 'member', address: port }),
    line('a', { kind: 'topic', address: port }),
  ]
  roll.hear(pipe, ...lines)
  const { registry } = roll
  t.equal(registry.counts.conflicts, 0)
  t.same(registry.services(), ['web'])
  for (const [group, kind] of [
    ['web', 'service'],
    ['member:web', 'member'],
    ['topic:web', 'topic'],
  ] as const)
    t.match(registry.instances(group), [{ id: 'a', kind }])
  const choice = registry.choose('web')
  t.match(choice, { outcome: 'PROVIDER', instance: { kind: 'service' } })
  const sequence = registry.changes.sequenceOf('web')
  roll.hear(pipe, lines[0] ?? '')
  t.same(registry.instances('member:web'), [])
  t.match(registry.instances('web'), [{ id: 'a' }])
  t.equal(registry.changes.sequenceOf('web'), sequence, 'what leaves a cluster changes no service')
  t.same(registry.services(), ['web'])
})

t.test('a name that only members have is no service', async (t) => {
  const roll = createRoll()
  roll.hear(roll.attach(), line('a', { kind: 'member' }))
  t.same(roll.registry.services(), [])
  t.match(roll.registry.choose('web'), { outcome: 'UNKNOWN_SERVICE' })
})
