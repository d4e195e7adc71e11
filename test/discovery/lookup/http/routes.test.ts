import t from 'tap'
import type { HTTPMethods } from 'fastify'
import type { Test } from 'tap'
import { createHttpApp } from '../../../../discovery/lookup/http/http-app.ts'
import { createFakeRoll, createInstance, fakeEpoch } from '../../../fixtures/roll-reader.ts'
import type { FakeRoll } from '../../../fixtures/roll-reader.ts'

const web1 = createInstance({
  service: 'web',
  id: 'web-1',
  zone: 'eu-1a',
  version: '1.4.2',
  weight: 10,
  tags: ['canary'],
  meta: { commit: 'abc' },
  lastAnswerMs: 9_400,
  load: 0.31,
  inflight: 4,
})
const web2 = createInstance({ service: 'web', id: 'web-2', state: 'suspect', misses: 1, by: 'watcher-1', unsure: true })

function open(test: Test, roll: FakeRoll) {
  const app = createHttpApp({ reader: roll, dateMs: () => Date.UTC(2026, 0, 1) })
  test.teardown(() => app.close())
  return {
    async get(url: string, headers: Record<string, string> = {}) {
      const { statusCode, headers: given, body } = await app.inject({ url, headers })
      return { status: statusCode, headers: given, text: body, body: body === '' ? undefined : JSON.parse(body) }
    },
    async send(method: HTTPMethods, url: string, options: { payload?: string; headers?: Record<string, string> } = {}) {
      const reply = await app.inject({ method, url, ...options })
      return { status: reply.statusCode, headers: reply.headers, body: reply.body === '' ? undefined : reply.json() }
    },
  }
}

t.test('resolve hands out what a provider says of itself, and nothing that moves', async (t) => {
  const door = open(t, createFakeRoll([web1]))
  const reply = await door.get('/resolve/web')
  t.equal(reply.status, 200)
  t.same(reply.body, {
    service: 'web',
    id: 'web-1',
    address: 'tcp://10.0.0.7:8080',
    protocol: 'tcp',
    host: '10.0.0.7',
    port: 8080,
    zone: 'eu-1a',
    version: '1.4.2',
    weight: 10,
    tags: ['canary'],
    meta: { commit: 'abc' },
    status: 'passing',
  })
})

t.test('the same instance is told afresh once it has changed', async (t) => {
  const roll = createFakeRoll([web1])
  const door = open(t, roll)
  t.equal((await door.get('/resolve/web')).body.weight, 10)
  roll.state.instances = [{ ...web1, weight: 3 }]
  t.equal((await door.get('/resolve/web')).body.weight, 3)
})

t.test('each way to get nobody has its own status and code', async (t) => {
  const roll = createFakeRoll()
  const door = open(t, roll)
  const cases = [
    { outcome: 'UNKNOWN_SERVICE', status: 404 },
    { outcome: 'NO_MATCH', status: 404 },
    { outcome: 'NONE_PASSING', status: 503 },
  ] as const
  for (const { outcome, status } of cases) {
    roll.state.outcomes.set('web', { outcome })
    const reply = await door.get('/resolve/web')
    t.equal(reply.status, status, outcome)
    t.equal(reply.body.code, outcome)
    t.match(reply.body.message, /"web"/)
    t.notOk(reply.headers['retry-after'])
  }
})

t.test('while the daemon warms up the reply says when to ask again, in whole seconds and never 0', async (t) => {
  const roll = createFakeRoll()
  const door = open(t, roll)
  for (const [retryAfterMs, seconds] of [
    [0, '1'],
    [400, '1'],
    [1000, '1'],
    [2001, '3'],
  ] as const) {
    roll.state.outcomes.set('web', { outcome: 'WARMING_UP', retryAfterMs })
    const reply = await door.get('/resolve/web')
    t.equal(reply.status, 503)
    t.equal(reply.body.code, 'WARMING_UP')
    t.equal(reply.headers['retry-after'], seconds)
  }
})

t.test('every response says which round it rests on, and is not stored', async (t) => {
  const roll = createFakeRoll([web1])
  roll.state.isFrozen = true
  const door = open(t, roll)
  const urls = [
    '/',
    '/resolve/web',
    '/resolve/nobody',
    '/resolve/a.b',
    '/rounds',
    '/health',
    '/ready',
    '/nothing',
    '/%ff',
  ]
  for (const url of [...urls, '/services', '/services/web', '/services/nobody']) {
    const { headers } = await door.get(url)
    t.equal(headers['rollcall-round'], '12', url)
    t.equal(headers['rollcall-frozen'], 'true', url)
    t.equal(headers['rollcall-epoch'], fakeEpoch, url)
    t.equal(headers['content-type'], 'application/json; charset=utf-8', url)
    if (urls.includes(url)) t.equal(headers['cache-control'], 'no-store', url)
  }
})

t.test('the filters reach the choice as they were meant', async (t) => {
  const roll = createFakeRoll([web1])
  const door = open(t, roll)
  const cases: [string, object][] = [
    ['', {}],
    ['?zone=eu-1a&near=eu-1b', { zone: 'eu-1a', near: 'eu-1b' }],
    ['?tag=canary', { tags: ['canary'] }],
    ['?tag=canary&tag=!old', { tags: ['canary', '!old'] }],
    ['?tag=canary,%21old,%20blue', { tags: ['canary', '!old', 'blue'] }],
    ['?tag=a,b&tag=c', { tags: ['a', 'b', 'c'] }],
    ['?version=%5E1.4', { version: '^1.4' }],
    ['?version=%3E%3D1.4%20%3C2', { version: '>=1.4 <2' }],
  ]
  for (const [query, filter] of cases) {
    t.equal((await door.get(`/resolve/web${query}`)).status, 200, query)
    t.same(roll.lookups.at(-1), { service: 'web', filter }, query)
  }
})

t.test('a wrong query is refused with every reason at once, and no choice is made', async (t) => {
  const roll = createFakeRoll([web1])
  const door = open(t, roll)
  const cases: [string, RegExp][] = [
    ['?zone=', /zone is empty/],
    ['?near=a&near=b', /near is given more than once/],
    ['?tag=', /tag is empty/],
    ['?tag=a,,b', /tag is empty/],
    ['?tag=!', /names no tag/],
    ['?version=banana', /not a semver range/],
    [`?zone=${'z'.repeat(257)}`, /zone is longer than 256/],
    ['?colour=red', /unknown parameter "colour"; accepted: zone, near, tag, version/],
    ['?__proto__=x', /unknown parameter "__proto__"/],
    ['?zone=&version=banana&x', /zone is empty.*not a semver range.*unknown parameter "x"/],
  ]
  for (const [query, reason] of cases) {
    const reply = await door.get(`/resolve/web${query}`)
    t.equal(reply.status, 400, query)
    t.equal(reply.body.code, 'BAD_QUERY', query)
    t.match(reply.body.message, reason, query)
  }
  t.same(roll.lookups, [])
})

t.test('names are lower-cased, and a name that cannot be one is refused', async (t) => {
  const roll = createFakeRoll([web1])
  const door = open(t, roll)
  t.equal((await door.get('/resolve/WEB')).body.id, 'web-1')
  t.equal((await door.get('/services/WEB')).body.service, 'web')
  for (const list of ['resolve', 'services']) {
    const dotted = await door.get(`/${list}/web.shop`)
    t.equal(dotted.status, 400)
    t.equal(dotted.body.code, 'BAD_NAME')
    t.match(dotted.body.message, /web-shop/)
    for (const name of ['', '-web', 'we%20b', 'w%C3%A4b', 'a'.repeat(64), 'a'.repeat(9000), 'web%2F', '%00']) {
      const reply = await door.get(`/${list}/${name}`)
      t.equal(reply.status, 400, name.slice(0, 20))
      t.equal(reply.body.code, 'BAD_NAME', name.slice(0, 20))
    }
  }
})

t.test('the list of names counts who answers to each', async (t) => {
  const member = createInstance({ service: 'web', id: 'm', kind: 'member' })
  const door = open(t, createFakeRoll([web1, web2, member, createInstance({ service: 'answer' })]))
  t.same((await door.get('/services')).body, {
    isComplete: true,
    services: [
      { service: 'answer', instances: 1, alive: 1, suspect: 0 },
      { service: 'web', instances: 2, alive: 1, suspect: 1 },
    ],
  })
})

t.test('the list of instances tells the state and the last answer of each', async (t) => {
  const door = open(t, createFakeRoll([web1, web2]))
  const { status, body } = await door.get('/services/web')
  t.equal(status, 200)
  t.equal(body.service, 'web')
  t.match(body.instances[0], {
    id: 'web-1',
    kind: 'service',
    by: null,
    state: 'alive',
    detached: false,
    unsure: false,
    conflict: false,
    misses: 0,
    roundTripMs: 0.5,
    lastAnswerAgeMs: 600,
    lastAnswerAt: '2025-12-31T23:59:59.400Z',
  })
  t.match(body.instances[1], { id: 'web-2', by: 'watcher-1', state: 'suspect', misses: 1, unsure: true })
  t.notOk('load' in body.instances[0], 'load is shown on request only')
})

t.test('load is shown on request, and then never answered with 304', async (t) => {
  const door = open(t, createFakeRoll([web1]))
  const { headers } = await door.get('/services/web')
  const reply = await door.get('/services/web?dynamic=true', { 'if-none-match': String(headers.etag) })
  t.equal(reply.status, 200)
  t.match(reply.body.instances[0], { load: 0.31, inflight: 4 })
  t.equal(reply.headers.etag, undefined)
  t.notOk('load' in (await door.get('/services/web?dynamic=false')).body.instances[0])
  const wrong = await door.get('/services/web?dynamic=1')
  t.equal(wrong.status, 400)
  t.match(wrong.body, { code: 'BAD_QUERY', message: /dynamic is either true or false/ })
})

t.test('a list is 304 to who holds it, until the static roll changes', async (t) => {
  const roll = createFakeRoll([web1])
  roll.state.sequences.set('web', 3)
  const door = open(t, roll)
  for (const url of ['/services', '/services/web']) {
    const first = await door.get(url)
    const etag = String(first.headers.etag)
    t.match(etag, /^W\/"e7-\d+"$/)
    t.equal(first.headers['cache-control'], 'no-cache')
    for (const held of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
      const again = await door.get(url, { 'if-none-match': held })
      t.equal(again.status, 304, held)
      t.equal(again.text, '')
      t.equal(again.headers.etag, etag)
      t.equal(again.headers['rollcall-round'], String(roll.state.round), 'the round moves on')
    }
    for (const other of ['W/"e7-99"', '"other"', 'e7', '']) {
      t.equal((await door.get(url, { 'if-none-match': other })).status, 200, other)
    }

    roll.state.round += 1
    roll.state.instances = [{ ...web1, lastAnswerMs: 9_999, roundTripMs: 7, load: 1, misses: 0 }]
    t.equal((await door.get(url, { 'if-none-match': etag })).status, 304, 'a round changes nothing')
    roll.state.sequence += 1
    roll.state.sequences.set('web', roll.state.sequence)
    const changed = await door.get(url, { 'if-none-match': etag })
    t.equal(changed.status, 200)
    t.not(changed.headers.etag, etag)
  }
})

t.test('a change of another service leaves the list of this one as it was', async (t) => {
  const roll = createFakeRoll([web1, createInstance({ service: 'answer' })])
  const door = open(t, roll)
  const etag = String((await door.get('/services/web')).headers.etag)
  roll.state.sequence += 1
  roll.state.sequences.set('answer', roll.state.sequence)
  t.equal((await door.get('/services/web', { 'if-none-match': etag })).status, 304)
})

t.test('a list that may be incomplete says so, carries no tag, and is never "nobody"', async (t) => {
  const roll = createFakeRoll([web1])
  roll.state.isReady = false
  roll.state.retryAfterMs = 2500
  const door = open(t, roll)
  for (const url of ['/services', '/services/web']) {
    const reply = await door.get(url, { 'if-none-match': '*' })
    t.equal(reply.status, 200)
    t.equal(reply.body.isComplete, false)
    t.equal(reply.headers.etag, undefined)
  }
  const unknown = await door.get('/services/answer')
  t.equal(unknown.status, 503)
  t.equal(unknown.body.code, 'WARMING_UP')
  t.equal(unknown.headers['retry-after'], '3')
  roll.state.instances = []
  const empty = await door.get('/services')
  t.equal(empty.status, 503)
  t.equal(empty.body.code, 'WARMING_UP')
  roll.state.isReady = true
  t.same((await door.get('/services')).body, { isComplete: true, services: [] })
  t.match(await door.get('/services/answer'), { status: 404, body: { code: 'UNKNOWN_SERVICE' } })
})

t.test('rounds are shown as they were, health always, and ready once the daemon knows', async (t) => {
  const roll = createFakeRoll([web1])
  roll.state.rounds = [
    {
      round: 12,
      startedAt: '2026-01-01T00:00:00.000Z',
      durationMs: 4,
      asked: 2,
      answered: 1,
      missing: ['web/web-2'],
      late: 0,
      endedBy: 'deadline',
      isLagged: false,
    },
  ]
  const door = open(t, roll)
  t.same((await door.get('/rounds')).body, { rounds: roll.state.rounds })
  t.match(await door.get('/rounds?last=3'), { status: 400, body: { message: /none is accepted here/ } })
  t.match(await door.get('/ready'), { status: 200, body: { isReady: true, round: 12 } })
  t.match(await door.get('/health?probe=1'), { status: 200, body: { status: 'ok', counts: { alive: 1 } } })
  roll.state.isReady = false
  t.match(await door.get('/ready'), { status: 503, body: { code: 'WARMING_UP' }, headers: { 'retry-after': '3' } })
  t.match(await door.get('/health'), { status: 200, body: { status: 'warming-up' } })
})

t.test('HEAD has the headers of GET and no body', async (t) => {
  const door = open(t, createFakeRoll([web1]))
  for (const url of ['/resolve/web', '/services', '/health', '/']) {
    const get = await door.get(url)
    const head = await door.send('HEAD', url)
    t.equal(head.status, get.status, url)
    t.equal(head.headers['content-length'], get.headers['content-length'], url)
    t.equal(head.body, undefined, url)
  }
})

t.test('another method is 405 with the ones that work, whatever body it brings', async (t) => {
  const door = open(t, createFakeRoll([web1]))
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY', 'TRACE'] as const) {
    for (const url of ['/', '/resolve/web?zone=a', '/services', '/services/web', '/rounds', '/health', '/ready']) {
      const reply = await door.send(method, url)
      t.equal(reply.status, 405, `${method} ${url}`)
      t.equal(reply.body.code, 'METHOD_NOT_ALLOWED')
      t.equal(reply.headers.allow, 'GET, HEAD')
    }
    t.match(await door.send(method, '/elsewhere'), { status: 404, body: { code: 'NOT_FOUND' } })
  }
  for (const type of ['application/json', 'text/plain', 'nonsense', '']) {
    const reply = await door.send('POST', '/services', { payload: '{"bad', headers: { 'content-type': type } })
    t.equal(reply.status, 405, type)
  }
})

t.test('a path that is none of ours is 404, and one that cannot be read is 400', async (t) => {
  const door = open(t, createFakeRoll([web1]))
  for (const url of ['/resolve', '/resolve/web/', '/resolve/web/x', '/Services', '//', '/*']) {
    t.match(await door.get(url), { status: 404, body: { code: 'NOT_FOUND' } }, url)
  }
  for (const url of ['/resolve/%ff', '/resolve/%zz', '/%']) {
    t.match(await door.get(url), { status: 400, body: { code: 'BAD_REQUEST' } }, url)
  }
})

t.test('a failure of our own is 500 without its details, and is logged with them', async (t) => {
  const failure = new Error('secret detail')
  const logged: unknown[] = []
  const reader = {
    ...createFakeRoll(),
    lookup: () => {
      throw failure
    },
  }
  const app = createHttpApp({ reader, log: { error: (fields: unknown) => void logged.push(fields) } })
  t.teardown(() => app.close())
  const reply = await app.inject('/resolve/web')
  t.equal(reply.statusCode, 500)
  t.equal(reply.json().code, 'INTERNAL')
  t.notMatch(reply.body, /secret/)
  t.match(logged, [{ err: failure, method: 'GET', url: '/resolve/web' }])
})
