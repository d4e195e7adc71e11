import t from 'tap'
import type { RowOptions } from '../../../../discovery/page/roll/rows.ts'
import { createRows } from '../../../../discovery/page/roll/rows.ts'
import { createInstance } from '../instances.ts'

const instances = [
  createInstance('web', 'web-10', { zone: 'eu-1a', version: '1.5.0', tags: ['canary'] }),
  createInstance('web', 'web-2', { zone: 'eu-1b', state: 'suspect' }),
  createInstance('answer', 'answer-1', { zone: 'eu-1a', status: 'draining', meta: { commit: 'abc' } }),
  createInstance('web', 'web-1', { zone: 'eu-1a', address: 'http://10.0.0.9:80' }),
]

function keysOf(options: Partial<RowOptions> = {}): string[] {
  return createRows(instances, { query: '', condition: undefined, closed: new Set(), ...options }).map(({ key }) => key)
}

t.test('services by name, instances by id with numbers as numbers', async (t) => {
  t.same(keysOf(), ['answer/', 'answer/answer-1', 'web/', 'web/web-1', 'web/web-2', 'web/web-10'])
})

t.test('a closed service is its head alone', async (t) => {
  t.same(keysOf({ closed: new Set(['web']) }), ['answer/', 'answer/answer-1', 'web/'])
})

t.test('a head counts what is below it, by condition and zone', async (t) => {
  const head = createRows(instances, { query: '', condition: undefined, closed: new Set(['web']) }).at(-1)
  t.match(head, { kind: 'service', count: 3, isOpen: false, counts: { alive: 2, suspect: 1 } })
  t.same(head && 'zones' in head && head.zones, [
    ['eu-1a', 2],
    ['eu-1b', 1],
  ])
})

t.test('a search finds every word somewhere, whatever its case', async (t) => {
  t.same(keysOf({ query: 'EU-1A web' }), ['web/', 'web/web-1', 'web/web-10'])
  t.same(keysOf({ query: '  10.0.0.9 ' }), ['web/', 'web/web-1'])
  t.same(keysOf({ query: 'abc' }), ['answer/', 'answer/answer-1'])
  t.same(keysOf({ query: 'web nothing' }), [])
})

t.test('a word with a field is looked for there alone', async (t) => {
  t.same(keysOf({ query: 'id:1' }), ['answer/', 'answer/answer-1', 'web/', 'web/web-1', 'web/web-10'])
  t.same(keysOf({ query: 'version:1.5 tag:canary' }), ['web/', 'web/web-10'])
  t.same(keysOf({ query: 'state:draining' }), ['answer/', 'answer/answer-1'])
  t.same(keysOf({ query: 'http://10' }), ['web/', 'web/web-1'], 'a word with a colon that is no field is a word')
})

t.test('one condition shows those who are in it', async (t) => {
  t.same(keysOf({ condition: 'suspect' }), ['web/', 'web/web-2'])
  t.same(keysOf({ condition: 'critical' }), [])
})
