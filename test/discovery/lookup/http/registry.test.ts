import t from 'tap'
import { createHttpApp } from '../../../../discovery/lookup/http/http-app.ts'
import type { RollPipe } from '../../../../discovery/registry/registry.ts'
import { createRegistry } from '../../../../discovery/registry/registry.ts'
import { readAnswer } from '../../../../messaging/roll/answer.ts'
import { createFakeRoll } from '../../../fixtures/roll-reader.ts'

t.test('what a provider says is told over HTTP as it says it now, and only a change of it moves the tag', async (t) => {
  const registry = createRegistry()
  const pipe: RollPipe = { id: 1, isMany: false, local: undefined, remote: { host: '10.0.0.7', port: 40_000 } }
  registry.attach(pipe, 0)
  let nowMs = 0
  const say = (fields: object, dynamic: object) => {
    nowMs += 10
    const line = JSON.stringify({ service: 'web', id: 'web-1', address: 'tcp://10.0.0.7:8080', ...fields })
    const answer = readAnswer(Buffer.from(`${line}\t${JSON.stringify(dynamic)}`))
    registry.hear(pipe, answer, { nowMs, roundTripMs: 1, round: undefined })
  }
  const app = createHttpApp({
    reader: {
      ...createFakeRoll(),
      lookup: (service, filter) => registry.choose(service, filter),
      lookupAll: (service, filter) => registry.chooseAll(service, filter),
      instances: (service) => registry.instances(service),
      services: () => registry.services(),
      changes: registry.changes,
      nowMs: () => nowMs,
    },
  })
  t.teardown(() => app.close())
  const resolve = async () => (await app.inject('/resolve/web')).json()
  const list = (etag = '') => app.inject({ url: '/services/web', headers: { 'if-none-match': etag } })

  say({ weight: 1 }, { load: 0.1 })
  t.match(await resolve(), { id: 'web-1', weight: 1, status: 'passing' })
  const etag = String((await list()).headers.etag)

  say({ weight: 1 }, { load: 0.9 })
  t.equal((await list(etag)).statusCode, 304, 'load is no change')
  t.equal((await app.inject('/services/web?dynamic=true')).json().instances[0].load, 0.9)

  say({ weight: 3, meta: { commit: 'abc' } }, { load: 0.9 })
  t.match(await resolve(), { id: 'web-1', weight: 3, meta: { commit: 'abc' } })
  const changed = await list(etag)
  t.equal(changed.statusCode, 200)
  t.not(changed.headers.etag, etag)
  t.equal(changed.json().instances[0].weight, 3)

  say({ weight: 3, status: 'draining' }, {})
  t.match((await app.inject('/resolve/web')).json(), { code: 'NONE_PASSING' })
})
