import t from 'tap'
import { createChangeLog } from '../../../discovery/registry/change-log.ts'
import { createRoll, line } from '../../fixtures/roll.ts'

/** Any instance at all: the log does not look into it. */
function snapshot(service = 'web') {
  const roll = createRoll()
  roll.hear(roll.attach(), line('a', { service }))
  const changes = roll.registry.changes.since({ epoch: roll.registry.changes.epoch, sequence: 0 })
  const [change] = changes === 'RESET' ? [] : changes
  if (!change) throw new Error('no change')
  return change.instance
}

t.test('a position is followed by what came after it', async (t) => {
  const log = createChangeLog({ random: () => 0.1 })
  for (let i = 1; i <= 5; i += 1) log.add('updated', i, snapshot())
  const since = (sequence: number, epoch = log.epoch) => {
    const changes = log.since({ epoch, sequence })
    return changes === 'RESET' ? changes : changes.map((change) => change.sequence)
  }
  t.same(since(0), [1, 2, 3, 4, 5])
  t.same(since(3), [4, 5])
  t.same(since(5), [])
  t.equal(since(6), 'RESET', 'ahead of us: of another life of ours')
  t.equal(since(3, 'another'), 'RESET')
})

t.test('the log is bounded, and what is too old gets a fresh start', async (t) => {
  const log = createChangeLog({ random: () => 0.1, maxChanges: 10 })
  for (let i = 1; i <= 100; i += 1) log.add('updated', i, snapshot())
  t.equal(log.since({ epoch: log.epoch, sequence: 50 }), 'RESET')
  t.equal(log.since({ epoch: log.epoch, sequence: 90 }).length, 10, 'ten are always kept')
})

t.test('each name has the sequence of its own latest change, also after it left', async (t) => {
  const log = createChangeLog({ random: () => 0.1, maxGroups: 2 })
  log.add('joined', 1, snapshot('a'))
  log.add('joined', 2, snapshot('b'))
  log.add('left', 3, snapshot('a'))
  t.same([log.sequenceOf('a'), log.sequenceOf('b'), log.sequenceOf('c')], [3, 2, 0])
  log.add('joined', 4, snapshot('c'))
  t.equal(log.sequenceOf('b'), 2, 'forgotten, and no lower than it was')
})

t.test('a listener hears every change until it stops', async (t) => {
  const log = createChangeLog({ random: () => 0.1 })
  const heard: number[] = []
  const stop = log.subscribe(({ sequence }) => void heard.push(sequence))
  log.add('joined', 1, snapshot())
  stop()
  log.add('left', 2, snapshot())
  t.same(heard, [1])
})

t.test('epochs differ from start to start', async (t) => {
  t.not(createChangeLog({ random: Math.random }).epoch, createChangeLog({ random: Math.random }).epoch)
})
