// What goes to all: broadcast, survey, publish and subscribe.

import t from 'tap'
import type { MemberAnswer } from '../../../messaging/iris/survey.ts'
import { openFleet } from '../../fixtures/iris-fleet.ts'

const hello = Buffer.from('hello')

async function collect<T>(items: AsyncIterable<T>, into: T[]): Promise<void> {
  for await (const item of items) into.push(item)
}

t.test('a broadcast goes to every member, the sender included where it is one', async (t) => {
  const { clock, roll, add } = openFleet(t)
  const heard: string[] = []
  const nodes = []
  for (const host of ['a', 'b', 'c'])
    nodes.push(
      await add(host, 'web', {
        handlers: { broadcast: (body, from) => void heard.push(`${host} ${String(body)} of ${from.id}`) },
      }),
    )
  await add('db', 'db')
  roll.put('member', 'web', { id: 'ghost', address: 'sim://ghost:1' })
  const delivery = nodes[0]?.broadcast('web', hello)
  await clock.advanceAsync(20)
  t.same(await delivery, { members: 4, sent: 3 })
  t.same(heard.toSorted(), ['a hello of a', 'b hello of a', 'c hello of a'])
  t.equal(nodes[0]?.counters().groups['web']?.dropped['unreachable'], 1)
})

t.test('broadcasts keep their order, also while the pipe is still being opened', async (t) => {
  const { clock, add } = openFleet(t)
  const heard: number[] = []
  await add('a', 'web', { handlers: { broadcast: (body) => void heard.push(body.readUInt32BE()) } })
  const node = await add('caller', '')
  const sent = []
  for (let i = 0; i < 300; i += 1) {
    const body = Buffer.alloc(4)
    body.writeUInt32BE(i)
    sent.push(node.broadcast('web', body))
    if (i % 100 === 50) await clock.advanceAsync(3)
  }
  await clock.advanceAsync(20)
  await Promise.all(sent)
  t.same(
    heard,
    Array.from({ length: 300 }, (_, i) => i),
  )
})

t.test('a broadcast handler that fails costs nobody else anything', async (t) => {
  const { clock, add } = openFleet(t)
  let heard = 0
  const thrown: unknown[] = []
  const node = await add('a', 'web', {
    onError: (error) => thrown.push(error),
    handlers: {
      broadcast: (body) => {
        heard += 1
        if (String(body) === 'throw') throw new Error('at once')
        if (String(body) === 'reject') return Promise.reject(new Error('later'))
        return undefined
      },
    },
  })
  const sent = ['throw', 'reject', 'fine'].map((text) => node.broadcast('web', Buffer.from(text)))
  await clock.advanceAsync(20)
  await Promise.all(sent)
  t.equal(heard, 3)
  t.equal(thrown.length, 2)
  t.equal(node.counters().groups['web']?.dropped['handler-failed'], 2)
})

t.test('a survey brings every answer as it comes, and ends with the last', async (t) => {
  const { clock, add } = openFleet(t)
  for (const host of ['a', 'b', 'c'])
    await add(host, 'web', {
      handlers: { request: (body, { isSurvey }) => Buffer.from(`${host} ${String(body)} ${isSurvey}`) },
    })
  const node = await add('caller', '')
  const survey = node.survey('web', hello, { deadlineMs: 1_000 })
  const answers: MemberAnswer[] = []
  const read = collect(survey, answers)
  await clock.advanceAsync(20)
  await read
  t.same(answers.map(({ member, body }) => `${member}: ${String(body)}`).toSorted(), [
    'a: a hello true',
    'b: b hello true',
    'c: c hello true',
  ])
  t.match(await survey.outcome, { asked: 3, answered: 3, missing: [], endedBy: 'complete' })
})

t.test('who is missing is named, with the reason', async (t) => {
  const { clock, network, roll, add } = openFleet(t)
  const never = () => new Promise<Uint8Array>(() => {})
  await add('fine', 'web', { handlers: { request: (body) => body } })
  await add('silent', 'web', { handlers: { request: never } })
  await add('dying', 'web', { handlers: { request: never } })
  await add('failing', 'web', {
    handlers: {
      request: () => {
        throw new Error('disk full')
      },
    },
  })
  await add('deaf', 'web')
  roll.put('member', 'web', { id: 'ghost', address: 'sim://ghost:1' })
  const node = await add('caller', '')
  const survey = node.survey('web', hello, { deadlineMs: 500 })
  await clock.advanceAsync(100)
  network.kill('dying')
  await clock.advanceAsync(500)
  const { missing, ...outcome } = await survey.outcome
  t.match(outcome, { asked: 6, answered: 1, endedBy: 'deadline' })
  t.same(Object.fromEntries(missing.map(({ member, reason }) => [member, reason])), {
    silent: 'silent',
    dying: 'gone',
    failing: 'disk full',
    deaf: 'not-here',
    ghost: 'unreachable',
  })
})

t.test('a survey of nobody is complete, one of who knows whom waits, and a signal ends it', async (t) => {
  const { clock, roll, add } = openFleet(t)
  const node = await add('caller', '')
  t.match(await node.survey('web', hello, { deadlineMs: 500 }).outcome, { asked: 0, endedBy: 'complete' })
  roll.isKnown = false
  const unknown = node.survey('db', hello, { deadlineMs: 500 })
  const aborter = new AbortController()
  const aborted = node.survey('cache', hello, { deadlineMs: 500, signal: aborter.signal })
  aborter.abort()
  await clock.advanceAsync(600)
  t.match(await unknown.outcome, { asked: 0, endedBy: 'deadline' })
  t.match(await aborted.outcome, { asked: 0, endedBy: 'aborted' })
})

t.test('an event goes straight to every subscriber, and to every loop of each', async (t) => {
  const { clock, add } = openFleet(t)
  const a = await add('a', 'web')
  const b = await add('b', '')
  const publisher = await add('p', 'prices')
  const heard: Record<string, string[]> = { one: [], two: [], three: [] }
  const subscriptions = [a.subscribe('prices'), a.subscribe('prices'), b.subscribe('prices')]
  const reading = subscriptions.map(async (subscription, at) => {
    for await (const { body } of subscription) heard[Object.keys(heard)[at] ?? '']?.push(String(body))
  })
  for (const text of ['1', '2', '3']) {
    const delivery = publisher.publish('prices', Buffer.from(text))
    await clock.advanceAsync(10)
    t.same(await delivery, { members: 2, sent: 2 })
  }
  subscriptions[0]?.close()
  subscriptions[1]?.close()
  const last = publisher.publish('prices', Buffer.from('4'))
  await clock.advanceAsync(10)
  t.same(await last, { members: 1, sent: 1 }, 'off the roll with the last of its loops')
  subscriptions[2]?.close()
  await Promise.all(reading)
  t.same(heard, { one: ['1', '2', '3'], two: ['1', '2', '3'], three: ['1', '2', '3', '4'] })
})

t.test('a loop that is slower than its topic loses the oldest, and says how many', async (t) => {
  const { clock, add } = openFleet(t)
  const node = await add('a', '')
  const subscription = node.subscribe('prices', { maxQueuedBytes: 10 })
  for (const text of ['11111', '22222', '33333', '44444']) {
    const delivery = node.publish('prices', Buffer.from(text))
    await clock.advanceAsync(10)
    await delivery
  }
  t.equal(subscription.dropped, 2)
  t.equal(node.counters().groups['prices']?.dropped['slow'], 2)
  subscription.close()
  const heard: string[] = []
  for await (const { body } of subscription) heard.push(String(body))
  t.same(heard, ['33333', '44444'], 'what waits is still read after close()')
})

t.test('a subscription ends with its signal, with a break, and with its node', async (t) => {
  const { clock, roll, add } = openFleet(t)
  const node = await add('a', '')
  const aborter = new AbortController()
  const reads = [
    collect(node.subscribe('one', { signal: aborter.signal }), []),
    collect(node.subscribe('two'), []),
    (async () => {
      for await (const event of node.subscribe('three')) if (event) break
    })(),
  ]
  t.equal(roll.members('topic', 'three').length, 1)
  const delivery = node.publish('three', hello)
  await clock.advanceAsync(10)
  await delivery
  aborter.abort()
  await Promise.all([reads[0], reads[2]])
  t.same(
    ['one', 'two', 'three'].map((topic) => roll.members('topic', topic).length),
    [0, 1, 0],
  )
  const closed = node.close()
  await clock.advanceAsync(10)
  await Promise.all([closed, reads[1]])
  t.equal(roll.members('topic', 'two').length, 0)
})
