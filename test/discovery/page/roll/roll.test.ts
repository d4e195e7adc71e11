import t from 'tap'
import { emptyRoll, fold, isFromBefore, keyOf } from '../../../../discovery/page/roll/roll.ts'
import { createChange, createInstance, createSnapshot } from '../instances.ts'

const one = createInstance('web', 'web-1')
const two = createInstance('web', 'web-2')

t.test('a snapshot and the changes after it add up to who is here', async (t) => {
  const roll = fold(emptyRoll, [
    createSnapshot('e1', [one, two]),
    createChange('e1', 'joined', createInstance('mail', 'web-1')),
    createChange('e1', 'suspected', { ...two, state: 'suspect' }),
    createChange('e1', 'left', one),
  ])
  t.same([...roll.instances.keys()], ['web/web-2', 'mail/web-1'])
  t.equal(roll.instances.get('web/web-2')?.state, 'suspect')
  t.match(roll, { epoch: 'e1', daemonEpoch: 'e1', isComplete: true })
})

t.test('a snapshot takes the place of all that was known', async (t) => {
  const before = fold(emptyRoll, [createSnapshot('e1', [one])])
  const after = fold(before, [createSnapshot('e2', [two])])
  t.same([...after.instances.keys()], ['web/web-2'])
  t.same([...before.instances.keys()], ['web/web-1'], 'the earlier roll is as it was')
})

t.test('a daemon that restarted and does not know yet takes nothing away', async (t) => {
  const before = fold(emptyRoll, [createSnapshot('e1', [one])])
  const unsure = fold(before, [{ type: 'knowledge', epoch: 'e2', isComplete: false }])
  t.same([...unsure.instances.keys()], ['web/web-1'])
  t.equal(isFromBefore(unsure), true)
  t.equal(unsure.isComplete, false)
  t.equal(isFromBefore(fold(unsure, [createSnapshot('e2', [])])), false)
  t.equal(isFromBefore(emptyRoll), false)
})

t.test('two instances of one id in two services are two', async (t) => {
  t.not(keyOf(createInstance('web', 'one')), keyOf(createInstance('mail', 'one')))
})
