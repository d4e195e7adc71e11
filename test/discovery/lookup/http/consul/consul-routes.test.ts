// Consul's read API over a real registry: its shapes, whom ?passing gives, and blocking queries that end when they should.

import t from 'tap'
import type { Test } from 'tap'
import type { HTTPMethods } from 'fastify'
import { createHttpApp } from '../../../../../discovery/lookup/http/http-app.ts'
import { createLookupCounts } from '../../../../../discovery/lookup/lookup-counts.ts'
import { createFakeClock } from '../../../../fixtures/fake-clock.ts'
import { createLiveRoll } from '../../../../fixtures/live-roll.ts'
import { line } from '../../../../fixtures/roll.ts'

function open(test: Test) {
  const live = createLiveRoll()
  const clock = createFakeClock()
  const lookups = createLookupCounts()
  const app = createHttpApp({ reader: live.reader, clock, random: () => 0, lookups })
  test.teardown(() => app.close())
  const get = async (url: string) => {
    const { statusCode, headers, body } = await app.inject(url)
    return { status: statusCode, headers, body: JSON.parse(body), index: Number(headers['x-consul-index']) }
  }
  const send = async (method: HTTPMethods, url: string) => {
    const { statusCode, headers, body } = await app.inject({ method, url })
    return { status: statusCode, headers, body: JSON.parse(body) }
  }
  const waiting = async () => (await get('/health')).body.watch.waiting
  const untilWaiting = async (count: number) => {
    while ((await waiting()) !== count) await new Promise((resolve) => setImmediate(resolve))
  }
  const idsOf = async (url: string) =>
    (await get(url)).body.map((entry: { Service: { ID: string } }) => entry.Service.ID)
  return { ...live, clock, app, lookups, get, send, untilWaiting, idsOf }
}

t.test('a name is told in the shapes of the health and the catalog API', async (t) => {
  const { join, get } = open(t)
  join('web-1', {
    address: 'tcp://10.0.0.1:8080',
    zone: 'eu-1a',
    version: '1.2.0',
    weight: 10,
    tags: ['canary'],
    meta: { commit: 'abc' },
  })
  const health = await get('/v1/health/service/web')
  t.equal(health.status, 200)
  t.match(health.headers, { 'x-consul-knownleader': 'true', 'x-consul-lastcontact': '0' })
  t.ok(health.index > 0)
  const tagged = { lan: { Address: '10.0.0.1', Port: 8080 }, wan: { Address: '10.0.0.1', Port: 8080 } }
  const indexes = { CreateIndex: health.index, ModifyIndex: health.index }
  const id = health.body[0].Node.ID
  t.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  const check = {
    Node: '10.0.0.1',
    CheckID: 'service:web-1',
    Name: "Service 'web' check",
    Status: 'passing',
    Notes: '',
    Output: 'it answers, and says that it is passing',
    ServiceID: 'web-1',
    ServiceName: 'web',
    ServiceTags: ['canary'],
    Type: 'survey',
    Interval: '',
    Timeout: '',
    ExposedPort: 0,
    Definition: {},
    ...indexes,
  }
  const node = {
    ID: id,
    Node: '10.0.0.1',
    Address: '10.0.0.1',
    Datacenter: 'eu-1a',
    TaggedAddresses: { lan: '10.0.0.1', wan: '10.0.0.1' },
    ...indexes,
  }
  const meta = { zone: 'eu-1a', version: '1.2.0', protocol: 'tcp', commit: 'abc' }
  t.same(health.body, [
    {
      Node: { ...node, Meta: {} },
      Service: {
        ID: 'web-1',
        Service: 'web',
        Tags: ['canary'],
        Address: '10.0.0.1',
        TaggedAddresses: tagged,
        Meta: meta,
        Port: 8080,
        Weights: { Passing: 10, Warning: 10 },
        EnableTagOverride: false,
        Proxy: { Mode: '', MeshGateway: {}, Expose: {} },
        Connect: {},
        PeerName: '',
        ...indexes,
      },
      Checks: [check],
    },
  ])
  t.match((await get('/v1/catalog/service/web')).body, [
    {
      ...node,
      NodeMeta: {},
      ServiceID: 'web-1',
      ServiceName: 'web',
      ServiceTags: ['canary'],
      ServiceAddress: '10.0.0.1',
      ServiceWeights: { Passing: 10, Warning: 10 },
      ServiceMeta: meta,
      ServicePort: 8080,
    },
  ])
  t.same((await get('/v1/health/checks/web')).body, [check])
  t.same((await get('/v1/health/state/any')).body, [check])
  t.same((await get('/v1/catalog/services')).body, { web: ['canary'] })
  t.match((await get('/v1/catalog/nodes')).body, [node])
  t.same((await get('/v1/catalog/datacenters')).body, ['eu-1a'])
  t.match((await get('/v1/agent/self')).body, { Config: { Datacenter: 'eu-1a' }, Member: { Status: 1 } })
  t.ok((await get('/v1/status/leader')).body)
  t.same((await get('/v1/health/service/nobody')).body, [], 'which it knows')
})

t.test('?passing gives whom a lookup may hand out: the best there are', async (t) => {
  const { roll, join, get, idsOf } = open(t)
  const first = join('web-1', { tags: ['a'] })
  join('web-2', { status: 'warning', tags: ['b'] })
  join('web-3', { status: 'critical' })
  join('web-4', { status: 'draining' })
  t.same(await idsOf('/v1/health/service/web'), ['web-1', 'web-2', 'web-3', 'web-4'])
  t.same(await idsOf('/v1/health/service/web?passing'), ['web-1'])
  t.same(await idsOf('/v1/health/service/web?passing=true&tag=b'), ['web-2'], 'filters come first')
  t.same(await idsOf('/v1/health/service/web?passing=false'), ['web-1', 'web-2', 'web-3', 'web-4'])
  t.same(await idsOf('/v1/health/service/web?passing&tag=c'), [])
  roll.detach(first)
  t.same(await idsOf('/v1/health/service/web?passing'), ['web-2'])
  t.same(await idsOf('/v1/health/service/web?passing&tag=a'), ['web-1'], 'a suspect, where there is nobody better')
  const statuses = (await get('/v1/health/state/any')).body.map((check: { Status: string }) => check.Status)
  t.same(statuses, ['warning', 'warning', 'critical', 'critical'])
  const critical = (await get('/v1/health/state/critical')).body.map((check: { ServiceID: string }) => check.ServiceID)
  t.same(critical, ['web-3', 'web-4'])
})

t.test('tag, filter, near and dc narrow and order what is told', async (t) => {
  const { join, get, idsOf } = open(t)
  join('web-1', { tags: ['a', 'b'], zone: 'eu-1b', meta: { commit: 'x' } })
  join('web-2', { tags: ['a'], zone: 'eu-1a', meta: { commit: 'y' } })
  t.same(await idsOf('/v1/health/service/web?tag=a&tag=b'), ['web-1'])
  t.same(await idsOf(`/v1/health/service/WEB?filter=${encodeURIComponent('Service.Meta.commit == "y"')}`), ['web-2'])
  t.same(await idsOf('/v1/health/service/web?near=eu-1a'), ['web-2', 'web-1'])
  t.same(await idsOf('/v1/health/service/web?near=_agent&dc=eu-1a&stale&token=x'), ['web-2', 'web-1'])
  for (const [query, message] of [
    ['dc=eu-2', /no path to datacenter "eu-2"; this is "eu-1a"/],
    ['filter=Node', /filter: "Node" is none of/],
    ['index=x', /index is not a whole number/],
    ['wait=10', /wait is not a duration/],
    ['near=a&near=b', /near is given more than once/],
  ] as const)
    t.match(await get(`/v1/health/service/web?${query}`), { status: 400, body: { code: 'BAD_QUERY', message } }, query)
  t.match(await get('/v1/health/state/fine'), { status: 400, body: { message: /any, passing/ } })
  t.match(await get('/v1/health/service/we.b'), { status: 400, body: { code: 'BAD_NAME' } })
})

t.test('a query with the index that it was given waits for a change of that name, and of no other', async (t) => {
  const { roll, join, get, untilWaiting, clock } = open(t)
  const web = join('web-1')
  const { index } = await get('/v1/health/service/web')
  const health = get(`/v1/health/service/web?index=${index}&wait=10s`)
  await untilWaiting(1)
  join('answer-1', { service: 'answer' })
  await untilWaiting(1)
  roll.hear(web, line('web-1', { weight: 7 }))
  const changed = await health
  t.equal(changed.body[0].Service.Weights.Passing, 7)
  t.ok(changed.index > index)

  const late = get(`/v1/health/service/web?index=${changed.index}&wait=10s`)
  await untilWaiting(1)
  clock.advance(10_000)
  t.equal((await late).index, changed.index, 'when its time is over it is answered with what there is')
  const byDefault = get(`/v1/catalog/services?index=${(await get('/v1/catalog/services')).index}`)
  await untilWaiting(1)
  clock.advance(299_999)
  await untilWaiting(1)
  clock.advance(1)
  t.equal((await byDefault).status, 200)
  t.equal(clock.pending, 0)
})

t.test('an index that this daemon has not given is answered at once, higher or lower', async (t) => {
  const { join, get } = open(t)
  const other = open(t)
  for (const each of [join, other.join]) each('web-1')
  const { index } = await get('/v1/health/service/web')
  const elsewhere = (await other.get('/v1/health/service/web')).index
  t.not(index, elsewhere, 'two daemons that have seen as much give other indexes')
  for (const given of [0, 1, index - 1, index + 1, elsewhere, '99999999999999999999'])
    t.equal((await get(`/v1/health/service/web?index=${given}&wait=10m`)).index, index, String(given))
})

t.test('before the daemon knows, whoever is not here is not said not to be', async (t) => {
  const { join, get, setReady } = open(t)
  setReady(false)
  join('web-1')
  const known = await get('/v1/health/service/web')
  t.equal(known.body.length, 1)
  t.equal(known.headers['x-consul-knownleader'], 'false')
  for (const path of [
    'health/service/answer',
    'catalog/service/answer',
    'health/checks/answer',
    'catalog/services',
    'catalog/nodes',
    'health/state/any',
  ])
    t.match(
      await get(`/v1/${path}?index=1&wait=10s`),
      { status: 503, body: { code: 'WARMING_UP' }, headers: { 'retry-after': '3' } },
      path,
    )
  t.equal((await get('/v1/status/leader')).body, '')
})

t.test('whatever would change the catalog is refused with the reason', async (t) => {
  const { send, get } = open(t)
  for (const path of ['agent/service/register', 'catalog/register', 'kv/a/b', 'session/create', 'agent/check/pass/x'])
    t.match(
      await send('PUT', `/v1/${path}`),
      { status: 405, headers: { allow: 'GET, HEAD' }, body: { message: /cannot be written/ } },
      path,
    )
  t.match(await send('DELETE', '/v1/kv/a'), { status: 405 })
  t.match(await get('/v1/kv/a'), { status: 404, body: { code: 'NOT_FOUND' } })
})

t.test('lookups of a name are counted by what they found, and nothing else is', async (t) => {
  const { join, get, setReady, lookups } = open(t)
  join('web-1', { tags: ['a'] })
  join('down-1', { service: 'down', status: 'critical' })
  for (const path of [
    'health/service/web?passing',
    'catalog/service/web',
    'health/checks/web',
    'catalog/service/web?tag=b',
    'health/service/down?passing',
    'health/service/nobody',
    'catalog/services',
    'health/state/any',
    'status/leader',
    'health/service/we.b',
    'health/service/web?dc=elsewhere',
  ])
    await get(`/v1/${path}`)
  setReady(false)
  for (const path of ['health/service/nobody', 'catalog/services']) await get(`/v1/${path}`)
  const expected = { PROVIDER: 3, NO_MATCH: 1, NONE_PASSING: 1, UNKNOWN_SERVICE: 1, WARMING_UP: 1 }
  t.same(lookups.byDoor.get('consul'), expected)
})
