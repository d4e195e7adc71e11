import t from 'tap'
import { createRollCopy } from '../../../cli/watch/roll-copy.ts'

const web = { service: 'web', id: 'web-1', address: 'http://10.0.0.1:80', status: 'passing', tags: ['a'] }
const seen = { ...web, state: 'alive', detached: false, unsure: false }
const at = '2026-11-24T12:00:00.000Z'

function snapshot(...instances: object[]): string {
  return JSON.stringify({ isComplete: true, instances })
}

function createCopy() {
  const copy = createRollCopy({ dateMs: () => Date.parse(at) })
  const apply = (type: string, data: object | string) =>
    copy
      .apply(type, typeof data === 'string' ? data : JSON.stringify(data))
      .map((change) => `${change.type} ${change.instance.id}`)
  return { copy, apply }
}

t.test('who is in the first snapshot was here before', async (t) => {
  const { copy, apply } = createCopy()
  t.equal(copy.isComplete, undefined)
  t.same(apply('snapshot', snapshot(seen, { ...seen, id: 'web-2' })), ['here web-1', 'here web-2'])
  t.equal(copy.isComplete, true)
  t.equal(copy.size, 2)
})

t.test('a change is passed on as it is, with its time', async (t) => {
  const { copy } = createCopy()
  copy.apply('snapshot', snapshot())
  const [change] = copy.apply('joined', JSON.stringify({ ...seen, at }))
  t.same(change, { type: 'joined', at, instance: seen })
  copy.apply('left', JSON.stringify({ ...seen, at }))
  t.equal(copy.size, 0)
})

t.test('a later snapshot is what leads to it: nothing is missed, and nothing told twice', async (t) => {
  const { apply } = createCopy()
  apply('snapshot', snapshot(seen, { ...seen, id: 'web-2' }, { ...seen, id: 'web-3' }, { ...seen, id: 'web-4' }))
  apply('suspected', { ...seen, id: 'web-4', state: 'suspect', at })
  const later = snapshot(
    seen,
    { ...seen, id: 'web-2', tags: ['b'] },
    { ...seen, id: 'web-4', status: 'draining' },
    { ...seen, id: 'web-5' },
  )
  t.same(apply('snapshot', later), ['left web-3', 'updated web-2', 'draining web-4', 'recovered web-4', 'joined web-5'])
  t.same(apply('snapshot', later), [])
})

t.test('the first who joins a roll of nobody has joined', async (t) => {
  const { copy, apply } = createCopy()
  t.same(apply('knowledge', { isComplete: false }), [])
  t.equal(copy.isComplete, false)
  t.same(apply('joined', { ...seen, at }), ['joined web-1'])
  t.same(apply('knowledge', { isComplete: true }), [])
  t.equal(copy.isComplete, true)
})

t.test('an event of a kind that is not known yet is passed over', async (t) => {
  const { apply } = createCopy()
  t.same(apply('renamed', { to: 'x' }), [])
  t.throws(() => apply('joined', { id: 'web-1' }))
})
