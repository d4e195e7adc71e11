// The watch over real connections: what a client is told adds up to the roll, whatever it knew before and whatever the daemon knows.

import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import type { HttpDoorOptions } from '../../../../../discovery/lookup/http/http-door.ts'
import { openHttpDoor } from '../../../../../discovery/lookup/http/http-door.ts'
import { openEvents } from '../../../../fixtures/event-source.ts'
import { createFakeClock } from '../../../../fixtures/fake-clock.ts'
import { createLiveRoll } from '../../../../fixtures/live-roll.ts'
import { line } from '../../../../fixtures/roll.ts'

async function open(test: Test, options: Partial<HttpDoorOptions> = {}) {
  const live = createLiveRoll()
  const door = await openHttpDoor({ reader: live.reader, host: '127.0.0.1', port: 0, ...options })
  test.teardown(() => door.close())
  async function watch(path = '/watch', headers: Record<string, string> = {}) {
    const events = await openEvents(door.url + path, headers)
    test.teardown(() => events.close())
    return events
  }
  async function counts() {
    const health: unknown = await (await fetch(`${door.url}/health`)).json()
    return Object(health).watch
  }
  return { ...live, door, watch, counts }
}

t.test('a watcher is told who is there, and then each change as it happens', async (t) => {
  const { roll, join, watch } = await open(t)
  const first = join('web-1', { zone: 'eu-1a', meta: { commit: 'abc' } })
  const events = await watch()
  t.match(events.response.headers, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'rollcall-epoch': roll.registry.changes.epoch,
  })
  const snapshot = await events.next()
  t.equal(snapshot.type, 'snapshot')
  t.equal(snapshot.id, `${roll.registry.changes.epoch}-1`)
  t.same(snapshot.data, {
    isComplete: true,
    instances: [
      {
        service: 'web',
        id: 'web-1',
        address: roll.registry.instances('web')[0]?.address,
        protocol: 'tcp',
        host: '10.0.0.1',
        port: roll.registry.instances('web')[0]?.port,
        zone: 'eu-1a',
        version: '',
        weight: 1,
        tags: [],
        meta: { commit: 'abc' },
        status: 'passing',
        kind: 'service',
        by: null,
        state: 'alive',
        detached: false,
        unsure: false,
      },
    ],
  })

  const second = join('web-2')
  roll.hear(second, line('web-2', { weight: 5 }))
  roll.hear(second, line('web-2', { weight: 5, status: 'draining' }))
  roll.detach(first)
  const back = roll.attach()
  roll.hear(back, line('web-1', { zone: 'eu-1a', meta: { commit: 'abc' } }))
  roll.hear(back, '')
  const seen = await events.nextUntil(({ type }) => type === 'left')
  t.same(
    seen.map(({ type, data }) => `${type} ${data.id} ${data.weight} ${data.status} ${data.state} ${data.detached}`),
    [
      'joined web-2 1 passing alive false',
      'updated web-2 5 passing alive false',
      'draining web-2 5 draining alive false',
      'suspected web-1 1 passing suspect true',
      'recovered web-1 1 passing alive false',
      'left web-1 1 passing alive false',
    ],
  )
  t.same(
    seen.map(({ id }) => id),
    [2, 3, 4, 5, 6, 7].map((sequence) => `${roll.registry.changes.epoch}-${sequence}`),
  )
  t.match(seen[0]?.data.at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

t.test('a watcher of one name is told of that name alone, and of a name that nobody has', async (t) => {
  const { join, watch } = await open(t)
  join('web-1')
  join('answer-1', { service: 'answer' })
  const web = await watch('/watch/WEB')
  const nobody = await watch('/watch/nobody')
  const all = await watch()
  t.same(
    (await web.next()).data.instances.map(({ id }: { id: string }) => id),
    ['web-1'],
  )
  t.same((await nobody.next()).data, { isComplete: true, instances: [] })
  t.equal((await all.next()).data.instances.length, 2)

  join('answer-2', { service: 'answer' })
  join('web-2')
  join('nobody-1', { service: 'nobody' })
  t.match(await web.next(), { type: 'joined', data: { id: 'web-2' } })
  t.match(await nobody.next(), { type: 'joined', data: { id: 'nobody-1' } })
  t.match(await all.nextUntil(({ data }) => data.id === 'nobody-1'), { length: 3 })
})

t.test('members and topics are no services, and are not told of', async (t) => {
  const { join, watch } = await open(t)
  join('m-1', { kind: 'member' })
  const events = [await watch(), await watch('/watch/web')]
  for (const each of events) t.same((await each.next()).data.instances, [])
  join('m-2', { kind: 'member' })
  join('t-1', { kind: 'topic' })
  join('web-1')
  for (const each of events) t.match(await each.next(), { type: 'joined', data: { id: 'web-1', kind: 'service' } })
})

t.test('who comes back with a position is told what it has missed, and that it is up to date', async (t) => {
  const { roll, join, watch } = await open(t)
  join('web-1')
  const before = await watch()
  await before.next()
  before.close()
  join('answer-1', { service: 'answer' })
  const second = join('web-2')
  roll.hear(second, '')

  const { epoch } = roll.registry.changes
  const held = before.lastEventId
  for (const events of [
    await watch('/watch/web', { 'last-event-id': held }),
    await watch(`/watch/web?lastEventId=${held}`),
    // A browser's first URL stays as it was; the header is newer.
    await watch('/watch/web?lastEventId=abc-3', { 'last-event-id': held }),
  ]) {
    const seen = await events.nextUntil(({ type }) => type === 'knowledge')
    t.same(
      seen.map(({ type, id }) => `${type} ${id}`),
      [`joined ${epoch}-3`, `left ${epoch}-4`, `knowledge ${epoch}-4`],
    )
    t.same(seen.at(-1)?.data, { isComplete: true })
  }
  const upToDate = await watch('/watch', { 'last-event-id': `${epoch}-4` })
  t.match(await upToDate.next(), { type: 'knowledge', data: { isComplete: true } })
  join('web-3')
  t.match(await upToDate.next(), { type: 'joined', data: { id: 'web-3' } })
})

t.test('a position too old, ahead, of another epoch or of no daemon at all gets a fresh snapshot', async (t) => {
  const { roll, join, watch } = await open(t)
  const pipe = join('web-1')
  const { epoch } = roll.registry.changes
  for (const held of [`${epoch}-2`, '0123456789ab-1', 'nonsense', `${epoch}-`, `-1`, `${epoch}-1.5`, '*']) {
    const events = await watch('/watch', { 'last-event-id': held })
    t.match(await events.next(), { type: 'snapshot', id: `${epoch}-1`, data: { isComplete: true } }, held)
  }
  for (let weight = 2; weight < 22_000; weight += 1) roll.hear(pipe, line('web-1', { weight: weight % 1_000 }))
  const old = await watch('/watch', { 'last-event-id': `${epoch}-1` })
  t.match(await old.next(), { type: 'snapshot', data: { instances: [{ id: 'web-1' }] } })
})

t.test('before the daemon knows, nobody is told that nobody is there', async (t) => {
  const { roll, join, watch, setReady } = await open(t)
  setReady(false)
  join('web-1')
  const some = await watch('/watch/web')
  t.match(await some.next(), { type: 'snapshot', data: { isComplete: false, instances: [{ id: 'web-1' }] } })
  const none = await watch('/watch/answer')
  t.match(await none.next(), { type: 'knowledge', id: '', data: { isComplete: false } })
  const elsewhere = await watch('/watch/web', { 'last-event-id': '0123456789ab-7' })
  t.match(await elsewhere.next(), { type: 'knowledge', id: '0123456789ab-7', data: { isComplete: false } })

  join('web-2')
  t.match(await some.next(), { type: 'joined', data: { id: 'web-2' } })
  setReady(true)
  t.match(await some.next(), { type: 'knowledge', data: { isComplete: true } })
  t.match(await none.next(), { type: 'snapshot', data: { isComplete: true, instances: [] } })
  t.match(await elsewhere.next(), {
    type: 'snapshot',
    id: `${roll.registry.changes.epoch}-2`,
    data: { isComplete: true, instances: [{ id: 'web-1' }, { id: 'web-2' }] },
  })
  for (const events of [some, none, elsewhere]) {
    setReady(false)
    t.match(await events.next(), { type: 'knowledge', data: { isComplete: false } })
    setReady(true)
    t.match(await events.next(), { type: 'knowledge', data: { isComplete: true } })
    for (const other of [some, none, elsewhere].filter((each) => each !== events)) {
      await other.next()
      await other.next()
    }
  }
})

t.test('the first of a name that comes while the daemon warms up is told at once', async (t) => {
  const { join, watch, setReady } = await open(t)
  setReady(false)
  const events = await watch('/watch/web')
  t.match(await events.next(), { type: 'knowledge', data: { isComplete: false } })
  join('web-1')
  t.match(await events.next(), { type: 'snapshot', data: { isComplete: false, instances: [{ id: 'web-1' }] } })
  join('web-2')
  t.match(await events.next(), { type: 'joined', data: { id: 'web-2' } })
})

t.test('a comment shows that the daemon is there, each time that its interval has passed', async (t) => {
  const clock = createFakeClock()
  const { join, watch, door } = await open(t, { clock, watch: { heartbeatMs: 700 } })
  const events = await watch()
  await events.next()
  t.same(events.comments, [])
  clock.advance(699)
  join('web-1')
  await events.next()
  t.same(events.comments, [])
  clock.advance(1)
  clock.advance(700)
  join('web-2')
  await events.next()
  t.same(events.comments, ['heartbeat', 'heartbeat'])
  events.close()
  await door.close()
  t.equal(clock.pending, 0)
})

t.test('who does not read is cut off with little kept for it, and nobody else notices', async (t) => {
  const { roll, join, watch, counts, door } = await open(t, { watch: { maxBufferedBytes: 64 * 1024 } })
  const pipe = join('web-1')
  const reading = await watch()
  await reading.next()
  const socket = connect(Number(new URL(door.url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write('GET /watch HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  t.same(await counts(), { watchers: 2, slowReadersCutOff: 0, waiting: 0 })

  let weight = 1
  while ((await counts()).slowReadersCutOff === 0) {
    for (let i = 0; i < 500; i += 1) {
      weight = (weight % 900) + 1
      roll.hear(pipe, line('web-1', { weight, meta: { text: 'x'.repeat(1_000) } }))
    }
    const { sequence } = roll.registry.changes
    await reading.nextUntil(({ id }) => id.endsWith(`-${sequence}`))
  }
  t.same(await counts(), { watchers: 1, slowReadersCutOff: 1, waiting: 0 })
  join('web-2')
  t.match(await reading.next(), { type: 'joined', data: { id: 'web-2' } })
})

t.test('who takes nothing of what is there for it is cut off in time, however little that is', async (t) => {
  // Its snapshot alone is more than the connection holds.
  const { join, counts, door, watch } = await open(t, { watch: { heartbeatMs: 1_000 } })
  const text = 'x'.repeat(1_000)
  for (let i = 0; i < 6_000; i += 1) join(`web-${i}`, { meta: { a: text, b: text, c: text } })
  const socket = connect(Number(new URL(door.url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write('GET /watch HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  const idle = await watch('/watch/idle')
  while ((await counts()).slowReadersCutOff === 0) await new Promise((resolve) => setImmediate(resolve))
  t.same(await counts(), { watchers: 1, slowReadersCutOff: 1, waiting: 0 }, 'a stream without news is no slow one')
  t.match(await idle.next(), { type: 'snapshot' })
})

t.test('when the daemon closes, streams end as streams should, and whoever has gone is forgotten', async (t) => {
  const { join, watch, door, counts } = await open(t)
  const gone = await watch()
  await gone.next()
  gone.close()
  while ((await counts()).watchers > 0) await new Promise((resolve) => setImmediate(resolve))
  const events = [await watch(), await watch('/watch/web')]
  for (const each of events) await each.next()
  join('web-1')
  await door.close()
  for (const each of events) {
    t.match(await each.next(), { type: 'joined' }, 'what happened before is told')
    await t.rejects(each.next(), /ended/)
    t.equal(await each.ended, true)
  }
})

t.test('what is no watch is refused in words', async (t) => {
  const { door } = await open(t)
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(door.url + path, { method })
    const body: unknown = method === 'HEAD' ? undefined : await response.json()
    return { status: response.status, type: response.headers.get('content-type'), body }
  }
  t.match(await ask('/watch/we.b'), { status: 400, body: { code: 'BAD_NAME' } })
  t.match(await ask('/watch?since=1'), { status: 400, body: { code: 'BAD_QUERY', message: /lastEventId/ } })
  t.match(await ask('/watch?lastEventId=a&lastEventId=b'), { status: 400, body: { code: 'BAD_QUERY' } })
  t.match(await ask('/watch', 'POST'), { status: 405, body: { code: 'METHOD_NOT_ALLOWED' } })
  t.match(await ask('/watch/web/x'), { status: 404, body: { code: 'NOT_FOUND' } })
  t.match(await ask('/watch/web', 'HEAD'), { status: 200, type: 'text/event-stream; charset=utf-8' })
})
