import t from 'tap'
import type { Test } from 'tap'
import { createHttpApp } from '../../../../discovery/lookup/http/http-app.ts'
import { createLookupCounts } from '../../../../discovery/lookup/lookup-counts.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'

const web1 = createInstance({
  service: 'web',
  id: 'web-1',
  zone: 'eu-1a',
  version: '1.4.2',
  tags: ['canary', 'blue'],
  meta: { commit: 'abc', 'my-team.name': 'core' },
})
const web2 = createInstance({ service: 'web', id: 'web-2', host: '2001:db8::7', state: 'suspect', status: 'warning' })
const api = createInstance({ service: 'api', protocol: 'http', port: 81, tags: ['canary'] })

function open(t: Test) {
  const roll = createFakeRoll([web1, web2, api])
  const lookups = createLookupCounts()
  const app = createHttpApp({ reader: roll, lookups })
  t.teardown(() => app.close())
  return {
    roll,
    lookups,
    get: async (query = '') => {
      const reply = await app.inject(`/sd/prometheus${query}`)
      return { status: reply.statusCode, headers: reply.headers, body: reply.json() }
    },
    targets: async (query: string) => {
      const groups: { targets: string[] }[] = (await app.inject(`/sd/prometheus${query}`)).json()
      return groups.flatMap(({ targets }) => targets)
    },
  }
}

t.test('every instance is a target with what is known of it as labels', async (t) => {
  const { get } = open(t)
  const { status, headers, body } = await get()
  t.equal(status, 200)
  t.match(headers['content-type'], /^application\/json/)
  t.same(body, [
    {
      targets: ['10.0.0.7:81'],
      labels: {
        __meta_rollcall_service: 'api',
        __meta_rollcall_id: 'api-1',
        __meta_rollcall_address: 'http://10.0.0.7:81',
        __meta_rollcall_protocol: 'http',
        __meta_rollcall_zone: '',
        __meta_rollcall_version: '',
        __meta_rollcall_status: 'passing',
        __meta_rollcall_state: 'alive',
        __meta_rollcall_tags: ',canary,',
      },
    },
    {
      targets: ['10.0.0.7:8080'],
      labels: {
        __meta_rollcall_service: 'web',
        __meta_rollcall_id: 'web-1',
        __meta_rollcall_address: 'tcp://10.0.0.7:8080',
        __meta_rollcall_protocol: 'tcp',
        __meta_rollcall_zone: 'eu-1a',
        __meta_rollcall_version: '1.4.2',
        __meta_rollcall_status: 'passing',
        __meta_rollcall_state: 'alive',
        __meta_rollcall_tags: ',canary,blue,',
        __meta_rollcall_meta_commit: 'abc',
        __meta_rollcall_meta_my_team_name: 'core',
      },
    },
    {
      targets: ['[2001:db8::7]:8080'],
      labels: {
        __meta_rollcall_service: 'web',
        __meta_rollcall_id: 'web-2',
        __meta_rollcall_address: 'tcp://2001:db8::7:8080',
        __meta_rollcall_protocol: 'tcp',
        __meta_rollcall_zone: '',
        __meta_rollcall_version: '',
        __meta_rollcall_status: 'warning',
        __meta_rollcall_state: 'suspect',
        __meta_rollcall_tags: '',
      },
    },
  ])
})

t.test('a name and tags narrow it, and nobody is an empty list', async (t) => {
  const { targets, lookups } = open(t)
  t.same(await targets('?service=API'), ['10.0.0.7:81'])
  t.same(await targets('?tag=canary'), ['10.0.0.7:81', '10.0.0.7:8080'])
  t.same(await targets('?tag=canary&tag=!blue'), ['10.0.0.7:81'])
  t.same(await targets('?tag=canary,blue'), ['10.0.0.7:8080'])
  t.same(await targets('?service=nobody'), [])
  t.same(await targets('?service=api&tag=!canary'), [])
  t.match(lookups.byDoor.get('prometheus'), { PROVIDER: 4, UNKNOWN_SERVICE: 1, NO_MATCH: 1 })
})

t.test('what is no name and no parameter is refused', async (t) => {
  const { get } = open(t)
  for (const query of ['?service=a.b', '?service=', '?service=a&service=b', '?tag=', '?zone=x'])
    t.match(await get(query), { status: 400, body: { code: 'BAD_QUERY' } }, query)
  t.match((await get('?service=a.b')).body.message, /use "a-b"/)
})

t.test('before it knows everyone it gives nobody away, so that the targets of before stay', async (t) => {
  const { get, roll, lookups } = open(t)
  roll.state.isReady = false
  t.match(await get(), { status: 503, body: { code: 'WARMING_UP' }, headers: { 'retry-after': '3' } })
  t.match(lookups.byDoor.get('prometheus'), { WARMING_UP: 1 })
})

t.test('without metrics there is no /metrics, and nothing says so', async (t) => {
  const app = createHttpApp({ reader: createFakeRoll() })
  t.teardown(() => app.close())
  t.equal((await app.inject('/metrics')).statusCode, 404)
  t.notOk('/metrics' in (await app.inject('/')).json().routes)
})

t.test('lookups are counted by the door that they came through', async (t) => {
  const lookups = createLookupCounts()
  const roll = createFakeRoll([web1])
  const app = createHttpApp({ reader: roll, lookups })
  t.teardown(() => app.close())
  await app.inject('/resolve/web')
  for (const path of ['web', 'web?tag=none', 'nobody']) await app.inject(`/v1/health/service/${path}`)
  t.match(lookups.byDoor.get('http'), { PROVIDER: 1, NO_MATCH: 0, UNKNOWN_SERVICE: 0 })
  t.match(lookups.byDoor.get('consul'), { PROVIDER: 1, NO_MATCH: 1, UNKNOWN_SERVICE: 1 })
})
