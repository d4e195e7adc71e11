// Lists that wait for a change: ?wait= with the tag that the client holds.

import { request } from 'node:http'
import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import type { HttpDoorOptions } from '../../../../discovery/lookup/http/http-door.ts'
import { openHttpDoor } from '../../../../discovery/lookup/http/http-door.ts'
import { maxWaitMs, spreadWaitMs } from '../../../../discovery/lookup/http/waits.ts'
import { createFakeClock } from '../../../fixtures/fake-clock.ts'
import { createLiveRoll } from '../../../fixtures/live-roll.ts'
import { line } from '../../../fixtures/roll.ts'

async function open(test: Test, options: Partial<HttpDoorOptions> = {}) {
  const live = createLiveRoll()
  const clock = createFakeClock()
  const door = await openHttpDoor({
    reader: live.reader,
    clock,
    random: () => 0,
    host: '127.0.0.1',
    port: 0,
    ...options,
  })
  test.teardown(() => door.close())
  async function get(path: string, tag = '') {
    const response = await fetch(door.url + path, { headers: { 'if-none-match': tag } })
    const text = await response.text()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    return { status: response.status, tag: response.headers.get('etag') ?? '', body }
  }
  async function waiting(): Promise<number> {
    const { body } = await get('/health')
    return Object(body).watch.waiting
  }
  /** Until so many requests wait. */
  async function untilWaiting(count: number): Promise<void> {
    while ((await waiting()) !== count) await new Promise((resolve) => setImmediate(resolve))
  }
  return { ...live, clock, door, get, untilWaiting }
}

t.test('a list waits until somebody of that name changes, and tells it', async (t) => {
  const { join, get, untilWaiting } = await open(t)
  join('web-1')
  const { tag } = await get('/services/web')
  const web = get('/services/web?wait=30s', tag)
  const all = get('/services?wait=30s', (await get('/services')).tag)
  await untilWaiting(2)
  join('m-1', { kind: 'member' })
  join('answer-1', { service: 'answer' })
  t.match(await all, { status: 200, body: { services: [{ service: 'answer' }, { service: 'web' }] } })
  await untilWaiting(1)
  join('web-2')
  const changed = await web
  t.match(changed, { status: 200, body: { instances: [{ id: 'web-1' }, { id: 'web-2' }] } })
  t.not(changed.tag, tag)
})

t.test('who does not hold what is there is answered at once', async (t) => {
  const { roll, join, get } = await open(t)
  join('web-1')
  const { tag } = await get('/services/web')
  t.equal((await get('/services/web?wait=30s')).status, 200)
  t.equal((await get('/services/web?wait=30s', 'W/"0123456789ab-1"')).status, 200, 'a tag of another daemon')
  t.equal((await get('/services/web', tag)).status, 304, 'no wait was asked for')
  roll.hear(join('web-2'), line('web-2', { weight: 2 }))
  t.equal((await get('/services/web?wait=30s', tag)).status, 200)
})

t.test('when nothing changes, the answer is that, once the time is over', async (t) => {
  const { join, get, untilWaiting, clock } = await open(t, { random: () => 0.5 })
  join('web-1')
  const { tag } = await get('/services/web')
  const web = get('/services/web?wait=32s', tag)
  await untilWaiting(1)
  clock.advance(32_999)
  await untilWaiting(1)
  clock.advance(1)
  t.match(await web, { status: 304, tag })
  const none = await get('/services/web?wait=0', tag)
  t.equal(none.status, 304, 'no time at all')
  t.equal(clock.pending, 0)
})

t.test('a wait is capped, and spread by up to a sixteenth', async (t) => {
  t.equal(
    spreadWaitMs(16_000, () => 0),
    16_000,
  )
  t.equal(
    spreadWaitMs(16_000, () => 0.5),
    16_500,
  )
  t.equal(
    spreadWaitMs(3_600_000, () => 0),
    maxWaitMs,
  )
})

t.test('a name that nobody has is waited for, by the tag that its absence has', async (t) => {
  const { join, get, untilWaiting, clock } = await open(t)
  const { status, tag } = await get('/services/web')
  t.equal(status, 404)
  const late = get('/services/web?wait=5s', tag)
  await untilWaiting(1)
  clock.advance(5_000)
  t.match(await late, { status: 404, tag, body: { code: 'UNKNOWN_SERVICE' } })
  const web = get('/services/web?wait=30s', tag)
  await untilWaiting(1)
  join('web-1')
  t.match(await web, { status: 200, body: { instances: [{ id: 'web-1' }] } })
})

t.test('before the daemon knows there is nothing to wait with: it is answered at once', async (t) => {
  const { join, get, setReady } = await open(t)
  join('web-1')
  const { tag } = await get('/services/web')
  setReady(false)
  t.match(await get('/services/web?wait=30s', tag), { status: 200, tag: '', body: { isComplete: false } })
  t.match(await get('/services/answer?wait=30s', '*'), { status: 503, tag: '', body: { code: 'WARMING_UP' } })
})

t.test('a client that goes takes its wait with it, and the close of the door ends the others', async (t) => {
  const { join, get, door, untilWaiting, clock } = await open(t)
  join('web-1')
  const { tag } = await get('/services/web')
  const gone = request(`${door.url}/services/web?wait=30s`, { headers: { 'if-none-match': tag } }).end()
  gone.on('error', () => undefined)
  await untilWaiting(1)
  gone.destroy()
  await untilWaiting(0)
  t.equal(clock.pending, 0)
  const left = request(`${door.url}/services/web?wait=30s`, { headers: { 'if-none-match': tag } }).end()
  await untilWaiting(1)
  const closing = door.close()
  const [response] = await once(left, 'response')
  t.equal(response.statusCode, 304)
  t.equal(response.headers.connection, 'close')
  response.resume()
  await closing
  t.equal(clock.pending, 0)
})

t.test('a wait that is none is refused in words', async (t) => {
  const { get } = await open(t)
  for (const [query, message] of [
    ['wait=30', /not a duration such as 30s/],
    ['wait=', /not a duration/],
    ['wait=1s&wait=2s', /more than once/],
    ['wait=1s&dynamic=true', /load is none/],
  ] as const)
    t.match(await get(`/services/web?${query}`), { status: 400, body: { code: 'BAD_QUERY', message } }, query)
  t.match(await get('/services?wait=soon'), { status: 400 })
})
