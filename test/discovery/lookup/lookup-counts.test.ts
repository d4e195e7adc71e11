import t from 'tap'
import { createLookupCounts } from '../../../discovery/lookup/lookup-counts.ts'
import { createFakeRoll, createInstance } from '../../fixtures/roll-reader.ts'

t.test('lookups are counted by door and outcome, and answered as ever', async (t) => {
  const roll = createFakeRoll([createInstance({ service: 'web' })])
  roll.state.outcomes.set('down', { outcome: 'NONE_PASSING' })
  const counts = createLookupCounts()
  const http = counts.through('http', roll)
  const sp = counts.through('sp', roll)
  t.match(http.lookup('web', { zone: 'eu-1a' }), { outcome: 'PROVIDER', instance: { id: 'web-1' } })
  t.same(roll.lookups, [{ service: 'web', filter: { zone: 'eu-1a' } }])
  http.lookup('web')
  http.lookup('nobody')
  http.lookupAll('web')
  http.lookupAll('web', { zone: 'nowhere' })
  sp.lookup('down')
  counts.count('consul', 'PROVIDER')
  t.match(counts.byDoor.get('http'), { PROVIDER: 3, UNKNOWN_SERVICE: 1, NO_MATCH: 1 })
  t.match(counts.byDoor.get('sp'), { PROVIDER: 0, NONE_PASSING: 1 })
  t.match(counts.byDoor.get('consul'), { PROVIDER: 1 })
})

t.test('whatever else the reader shows is shown as it is now', async (t) => {
  const roll = createFakeRoll([createInstance({ service: 'web' })])
  const reader = createLookupCounts().through('http', roll)
  t.equal(reader.round, 12)
  roll.state.round = 13
  roll.state.isFrozen = true
  roll.state.isReady = false
  t.match(reader, { round: 13, isFrozen: true, isReady: false })
  t.equal(reader.health().round, 13)
  t.equal(reader.instances('web').length, 1)
})
