import t from 'tap'
import type { FeedInstance } from '../../../../messaging/roll/feed-lines.ts'
import { readFeed } from '../../../../messaging/roll/feed-lines.ts'
import { compareLists } from '../../../../messaging/roll/follow/roll-change.ts'

function list(...lines: readonly string[]): readonly FeedInstance[] {
  return readFeed(Buffer.from(['ab 1 snapshot', ...lines].join('\n')))?.present ?? []
}

const member = (id: string, fields = {}) =>
  JSON.stringify({ service: 'web', id, address: 'http://10.0.0.1:80', ...fields })

const changes = (before: readonly FeedInstance[], after: readonly FeedInstance[]) =>
  compareLists(before, after).map(({ type, instance }) => `${type} ${instance.id}`)

t.test('who comes and who goes', async (t) => {
  const [a, b] = [`+ alive ${member('a')}`, `+ alive ${member('b')}`]
  t.same(changes(list(), list(a, b)), ['joined a', 'joined b'])
  t.same(changes(list(a, b), list(b)), ['left a'])
  t.same(changes(list(a), list(b)), ['joined b', 'left a'])
})

t.test('a list that says the same is no change', async (t) => {
  const lines = [`+ alive ${member('a', { tags: ['x'] })}`, `+ detached ${member('b')}`]
  t.same(changes(list(...lines), list(...lines)), [])
})

t.test('states change in the words of the change log', async (t) => {
  const inState = (state: string) => list(`+ ${state} ${member('a')}`)
  const [alive, suspect, detached] = [inState('alive'), inState('suspect'), inState('detached')]
  t.same(changes(alive, suspect), ['suspected a'])
  t.same(changes(suspect, detached), ['suspected a'])
  t.same(changes(detached, alive), ['recovered a'])
})

t.test('what it says of itself changes beside its state, as it is now', async (t) => {
  const before = list(`+ suspect ${member('a')}`)
  t.same(changes(before, list(`+ suspect ${member('a', { weight: 2 })}`)), ['updated a'])
  const draining = list(`+ alive ${member('a', { status: 'draining' })}`)
  t.same(changes(before, draining), ['recovered a', 'draining a'])
  t.same(changes(draining, list(`+ alive ${member('a', { status: 'draining', weight: 2 })}`)), ['updated a'])
  t.match(compareLists(before, draining).at(-1)?.instance, { status: 'draining' })
})
