// Many at once, over real sockets: what each is told adds up to the roll, however the roll churns and wherever it goes on listening.

import t from 'tap'
import { openDaemon } from '../../../../../discovery/daemon.ts'
import { openHttpDoor } from '../../../../../discovery/lookup/http/http-door.ts'
import { createSpEngine } from '../../../../../messaging/sp/engines/sp.ts'
import type { EventReader, SentEvent } from '../../../../fixtures/event-source.ts'
import { openEvents } from '../../../../fixtures/event-source.ts'
import { createLiveRoll } from '../../../../fixtures/live-roll.ts'
import { line } from '../../../../fixtures/roll.ts'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

/** What a client of the watch knows; it fails where a change is left out. */
function createKnown(isWhole: boolean) {
  let instances = new Map<string, string>()
  let sequence = -1
  return {
    take({ type, id, data }: SentEvent): void {
      if (type === 'knowledge') return
      const at = Number(id.split('-')[1])
      if (type === 'snapshot') {
        instances = new Map(data.instances.map((instance: { id: string }) => [instance.id, JSON.stringify(instance)]))
      } else {
        if (isWhole && at !== sequence + 1) throw new Error(`after ${sequence} comes ${at}`)
        const { at: _when, ...instance } = data
        if (type === 'left') instances.delete(data.id)
        else instances.set(data.id, JSON.stringify(instance))
      }
      sequence = at
    },
    ids: () => [...instances.keys()].toSorted(),
    write: () => [...instances.values()].toSorted().join('\n'),
  }
}

t.test('a thousand watchers who came at different times are told what adds up to the last snapshot', async (t) => {
  const { roll, reader, join } = createLiveRoll()
  const door = await openHttpDoor({ reader, host: '127.0.0.1', port: 0 })
  t.teardown(() => door.close())
  const pipes = Array.from({ length: 5 }, (_, at) => join(`web-${at}`))
  let churned = 0
  /** Somebody changes, leaves or comes, and somebody of another name does. */
  function churn(): void {
    churned += 1
    const at = churned % pipes.length
    const pipe = pipes[at]
    if (!pipe) return
    if (churned % 3 === 0) {
      roll.hear(pipe, '')
      pipes[at] = join(`web-${at}-${churned}`)
    } else roll.hear(pipe, line(`web-${at}`, { weight: churned }))
    join(`answer-${churned}`, { service: 'answer' })
  }
  async function watch(path: string): Promise<EventReader> {
    const events = await openEvents(door.url + path)
    t.teardown(() => events.close())
    return events
  }

  const watchers: { readonly path: string; readonly events: EventReader }[] = []
  for (let batch = 0; batch < 20; batch += 1) {
    churn()
    const path = batch % 2 === 0 ? '/watch' : '/watch/web'
    watchers.push(...(await Promise.all(Array.from({ length: 50 }, async () => ({ path, events: await watch(path) })))))
  }
  for (let step = 0; step < 10; step += 1) {
    churn()
    await nextTurn()
  }
  join('web-last')

  const wrong: string[] = []
  const last = new Map<string, string>()
  for (const path of ['/watch', '/watch/web']) {
    const known = createKnown(true)
    known.take(await (await watch(path)).next())
    last.set(path, known.write())
  }
  t.match(last.get('/watch'), '"web-last"')
  await Promise.all(
    watchers.map(async ({ path, events }) => {
      const known = createKnown(path === '/watch')
      for (const event of await events.nextUntil(({ data }) => data.id === 'web-last')) known.take(event)
      if (known.write() !== last.get(path)) wrong.push(known.write())
    }),
  )
  t.equal(watchers.length, 1_000)
  t.same(wrong, [])
})

t.test('watchers and queries that go from daemon to daemon while the roll churns miss nothing and end', async (t) => {
  const daemons = await Promise.all(
    [0, 1].map(() =>
      openDaemon({ host: '127.0.0.1', port: 0, httpPort: 0, httpHost: '127.0.0.1', warmupMs: 0, intervalMs: 50 }),
    ),
  )
  t.teardown(() => Promise.all(daemons.map((daemon) => daemon.close())))
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  let lines = [line('web-0')]
  const respondent = engine.createRespondent(() => Buffer.from(lines.join('\n')))
  for (const { spAddress } of daemons) engine.dial(spAddress, respondent)
  const failures: unknown[] = []
  const urlOf = (turn: number) => daemons[turn % daemons.length]?.httpUrl ?? ''
  async function untilAll(...ids: string[]): Promise<void> {
    const isSo = () =>
      daemons.every(({ reader }) => {
        const here = reader.instances('web').map(({ id }) => id)
        return reader.isReady && here.toSorted().join() === ids.toSorted().join()
      })
    while (!isSo() && failures.length === 0) await nextTurn()
  }
  await untilAll('web-0')
  const steps = 12
  const isLast = (ids: readonly string[]) => ids.length === 1 && ids[0] === `web-${steps}`
  const moves = { watchers: 0, queries: 0 }
  const begun = new Set<number>()

  /** Stays for some events, then goes on at the other daemon, or once more at the same one. */
  async function watchToTheEnd(index: number): Promise<void> {
    const known = createKnown(true)
    let lastEventId = ''
    for (let turn = index + 3; ; turn += 1) {
      const isSame = turn % 3 === 0
      const events = await openEvents(`${urlOf(isSame ? turn - 1 : turn)}/watch`, {
        ...(lastEventId !== '' && { 'last-event-id': lastEventId }),
      })
      try {
        for (let left = 2 + (index % 4); left > 0 && !isLast(known.ids()); left -= 1) {
          known.take(await events.next())
          begun.add(index)
        }
        lastEventId = events.lastEventId
      } finally {
        events.close()
      }
      if (isLast(known.ids())) return
      moves.watchers += 1
    }
  }
  /** Asks with the index that it holds, whoever gave it. */
  async function queryToTheEnd(first: number): Promise<void> {
    let index = '0'
    for (let turn = first; ; turn += 1) {
      const url = `${urlOf(Math.floor(turn / 3))}/v1/health/service/web?index=${index}&wait=10m`
      const response = await fetch(url)
      index = response.headers.get('x-consul-index') ?? ''
      const entries: { readonly Service: { readonly ID: string } }[] = JSON.parse(await response.text())
      if (isLast(entries.map(({ Service }) => Service.ID))) return
      begun.add(first)
      moves.queries += 1
    }
  }
  async function pollToTheEnd(first: number): Promise<void> {
    let tag = '""'
    for (let turn = first; ; turn += 1) {
      const url = `${urlOf(Math.floor(turn / 3))}/services/web?wait=10m`
      const response = await fetch(url, { headers: { 'if-none-match': tag } })
      tag = response.headers.get('etag') ?? ''
      const { instances = [] }: { instances?: { id: string }[] } = JSON.parse(await response.text())
      if (isLast(instances.map(({ id }) => id))) return
      begun.add(first)
      moves.queries += 1
    }
  }

  const ends = Array.from({ length: 100 }, (_, index) => {
    if (index < 50) return watchToTheEnd(index)
    return index < 75 ? queryToTheEnd(index) : pollToTheEnd(index)
  })
  const ended = Promise.all(ends)
  ended.catch((error: unknown) => failures.push(error))
  while (begun.size < ends.length && failures.length === 0) await nextTurn()
  for (let step = 1; step <= steps; step += 1) {
    const ids = step === steps ? [`web-${step}`] : [`web-${step}`, `web-${step}-b`]
    lines = ids.map((id) => line(id))
    await untilAll(...ids)
  }
  await ended
  t.ok(moves.watchers >= 50 && moves.queries >= 50, JSON.stringify(moves))
})
