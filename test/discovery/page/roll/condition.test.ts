import t from 'tap'
import type { Condition } from '../../../../discovery/page/roll/condition.ts'
import { countConditions, readCondition } from '../../../../discovery/page/roll/condition.ts'
import type { Instance } from '../../../../discovery/page/daemon/wire.ts'
import { createInstance } from '../instances.ts'

const table: readonly [Instance['state'], Instance['status'], Condition][] = [
  ['alive', 'passing', 'alive'],
  ['alive', 'warning', 'warning'],
  ['alive', 'draining', 'draining'],
  ['alive', 'critical', 'critical'],
  ['suspect', 'passing', 'suspect'],
  ['suspect', 'warning', 'suspect'],
  ['suspect', 'draining', 'suspect'],
  ['suspect', 'critical', 'critical'],
]

t.test('the worse of what it says and what the daemon saw', async (t) => {
  for (const [state, status, condition] of table)
    t.equal(readCondition({ state, status }), condition, `${state} ${status}`)
  const instances = table.map(([state, status], at) => createInstance('web', String(at), { state, status }))
  t.same(countConditions(instances), { alive: 1, warning: 1, draining: 1, suspect: 3, critical: 2 })
})
