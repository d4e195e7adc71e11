// That the page reads what a daemon answers: its schemas against the real HTTP application.

import t from 'tap'
import { createHttpApp } from '../../../../discovery/lookup/http/http-app.ts'
import { readHealth, readReadings, readRollEvent, readRounds } from '../../../../discovery/page/daemon/wire.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'
import { createInstance as createPageInstance } from '../instances.ts'

t.test('the page reads what the daemon answers', async (t) => {
  const roll = createFakeRoll([createInstance({ service: 'web', id: 'web-1', load: 0.5 })])
  roll.state.rounds = [
    {
      round: 3,
      startedAt: '2026-11-24T10:00:00.000Z',
      durationMs: 1.5,
      asked: null,
      answered: 1,
      missing: ['web/web-2'],
      late: 0,
      endedBy: 'deadline',
      isLagged: false,
    },
  ]
  const app = createHttpApp({ reader: roll })
  t.teardown(() => app.close())
  const get = async (path: string): Promise<unknown> => (await app.inject(path)).json()
  t.match(readHealth(await get('/health')), { status: 'ok', epoch: /./ })
  t.match(readRounds(await get('/rounds')), [{ round: 3, asked: null, missing: ['web/web-2'] }])
  t.match(readReadings(await get('/services/web?dynamic=true')), [{ id: 'web-1', load: 0.5, inflight: null }])
})

const instance = { ...createPageInstance('web', 'web-1'), kind: 'service' }

t.test('an event carries the life of the daemon that it is from', async (t) => {
  const snapshot = { isComplete: true, instances: [instance] }
  t.match(readRollEvent({ name: 'snapshot', id: 'e7-12', data: JSON.stringify(snapshot) }), {
    type: 'snapshot',
    epoch: 'e7',
    instances: [{ id: 'web-1' }],
  })
  const change = { ...instance, at: '2026-11-24T10:00:00.000Z' }
  t.match(readRollEvent({ name: 'suspected', id: 'e7-13', data: JSON.stringify(change) }), {
    type: 'suspected',
    epoch: 'e7',
    atMs: Date.parse('2026-11-24T10:00:00.000Z'),
  })
  t.match(readRollEvent({ name: 'knowledge', id: 'e8-0', data: '{"isComplete":false}' }), { epoch: 'e8' })
})

t.test('what is new to this page is passed over, what is wrong is refused', async (t) => {
  t.equal(readRollEvent({ name: 'renamed', id: 'e7-14', data: '{}' }), undefined)
  t.throws(() => readRollEvent({ name: 'joined', id: 'e7-14', data: '{"service":"web"}' }))
  t.throws(() => readRollEvent({ name: 'snapshot', id: 'e7-14', data: '{' }))
})
