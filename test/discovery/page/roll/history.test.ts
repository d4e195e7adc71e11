import t from 'tap'
import { addEvents, addNews, describeUpdate, summarize } from '../../../../discovery/page/roll/history.ts'
import { emptyRoll, fold } from '../../../../discovery/page/roll/roll.ts'
import { createChange, createInstance, createSnapshot } from '../instances.ts'

const one = createInstance('web', 'web-1')
const two = createInstance('web', 'web-2')
const known = fold(emptyRoll, [createSnapshot('e1', [one])])

t.test('the first snapshot is no news, every change after it is, newest first', async (t) => {
  const history = addEvents(
    [],
    emptyRoll,
    [createSnapshot('e1', [one]), createChange('e1', 'joined', two, 5), createChange('e1', 'left', one, 7)],
    100,
  )
  t.match(history, [
    { number: 2, type: 'left', atMs: 7, instance: { id: 'web-1' } },
    { number: 1, type: 'joined', atMs: 5, instance: { id: 'web-2' }, detail: two.address },
  ])
  t.equal(history.length, 2)
})

t.test('an update says what is different', async (t) => {
  const newer = { ...one, version: '1.5.0', tags: ['canary'], meta: { commit: 'b' } }
  const [news] = addEvents([], known, [createChange('e1', 'updated', newer)], 0)
  t.equal(news?.detail, 'version none → 1.5.0, tags none → canary, meta')
  t.equal(describeUpdate(one, one), '')
  t.equal(describeUpdate({ ...one, weight: 2 }, { ...one, weight: 0 }), 'weight 2 → 0')
})

t.test('who drains, or is back, says otherwise as well', async (t) => {
  const draining = { ...one, status: 'draining' as const }
  t.match(addEvents([], known, [createChange('e1', 'draining', draining)], 0), [
    { detail: 'status passing → draining' },
  ])
  t.match(addEvents([], known, [createChange('e1', 'suspected', { ...one, state: 'suspect' })], 0), [{ detail: '' }])
})

t.test('who came and went while the daemon was lost is seen in the next snapshot', async (t) => {
  const history = addEvents([], known, [createSnapshot('e1', [two])], 9)
  t.match(history, [
    { type: 'joined', instance: { id: 'web-2' }, atMs: 9 },
    { type: 'left', instance: { id: 'web-1' }, atMs: 9 },
  ])
})

t.test('a restart is told of once, whatever the new daemon says first', async (t) => {
  const knowledge = { type: 'knowledge', epoch: 'e2', isComplete: false } as const
  const history = addEvents([], known, [knowledge, createSnapshot('e2', [one])], 9)
  t.match(history, [{ type: 'restarted', instance: undefined }])
  t.equal(history.length, 1)
})

t.test('the history is bounded, and its numbers go on', async (t) => {
  let history = addNews([], { atMs: 0, type: 'lost', instance: undefined, detail: '' })
  for (let at = 0; at < 600; at += 1) {
    history = addEvents(history, known, [createChange('e1', 'updated', one, at)], 0)
  }
  t.equal(history.length, 500)
  t.equal(history[0]?.number, 601)
})

t.test('one change is said by name, many are summed up', async (t) => {
  const first = addEvents([], known, [createChange('e1', 'suspected', one)], 0)
  t.equal(summarize(first, 0), 'web/web-1 suspected')
  t.equal(summarize(first, 1), '')
  const more = addEvents(first, known, [createChange('e1', 'joined', two), createChange('e1', 'left', one)], 0)
  t.equal(summarize(more, 0), '3 changes: 1 left, 1 joined, 1 suspected')
  t.equal(summarize(addNews([], { atMs: 0, type: 'lost', instance: undefined, detail: '' }), 0), 'The daemon: lost')
})
