// The same fleet with npm nanomsg as the engine of every container but the watcher and the agent, which speak our own to it. It has no connection events, so that everything is seen
// by rounds: a join with the next one, a death after misses.

import t from 'tap'
import { findMissingTool, openFleet } from './fleet.ts'
import { readInstances, readMissedRounds, readRound, until, untilAlive } from './roll.ts'
import {
  answers,
  callFromClient,
  classicAddress,
  neverUnknown,
  talkFromClient,
  untilComplete,
  webs,
} from './sample-fleet.ts'
import { givenSince, refusals, watchResolve } from './watcher.ts'

const missing = await findMissingTool()
if (missing === undefined) await testFleet()
else t.plan(0, missing)

async function testFleet(): Promise<void> {
  const fleet = await openFleet('nanomsg', { ROLLCALL_ENGINE: 'nanomsg' }, ['compose.yaml', 'docker/compose.open.yaml'])
  t.teardown(() => fleet.close())
  const [url, otherUrl] = fleet.urls

  await t.test('everyone is on the roll of both daemons, which say what holds on this engine', async (t) => {
    await untilComplete(url)
    await untilComplete(otherUrl)
    const health: unknown = await (await fetch(`${url}/health`)).json()
    t.match(health, { engine: 'nanomsg', engineLimits: [/next round/, /missed round/] })
  })

  await t.test('every instance is resolved, and really answers at its address to another container', async (t) => {
    t.strictSame(await callFromClient(fleet, 'answer'), answers)
    t.strictSame(await callFromClient(fleet, 'web'), webs)
    t.strictSame(await callFromClient(fleet, 'classic'), [classicAddress.open])
    t.match(await talkFromClient(fleet, 'nginx'), /Welcome to nginx/)
    t.equal(await talkFromClient(fleet, 'redis'), '+PONG\r\n')
  })

  for (const harm of ['pause', 'kill'] as const) {
    await t.test(`after a ${harm}: suspect with the first round that is missed, gone with the third`, async (t) => {
      const container = await fleet.container('answer', 2)
      const watcher = watchResolve(url, 'answer')
      const before = await readRound(url)
      await container[harm]()
      t.teardown(async () => {
        const { State } = await container.inspect()
        if (State.Paused) await container.unpause()
      })
      const harmed = await readRound(url)
      await until(
        'answer-2 to be gone',
        () => readInstances(url, 'answer'),
        (all) => !all.some(({ id }) => id === 'answer-2'),
      )
      await watcher.stop()
      const missed = await readMissedRounds(url, 'answer/answer-2', before)
      t.equal(missed.length, 3, 'gone with the third')
      const [first = Number.NaN] = missed
      t.ok(first <= harmed + 2, 'the first round that could miss it did')
      t.strictSame(givenSince(watcher.seen, 'answer-2', first), [], 'not handed out while others are there')
      t.strictSame(refusals(watcher.seen), [])
      await (harm === 'pause' ? container.unpause() : container.start())
      await untilAlive(url, 'answer', answers)
      await untilAlive(otherUrl, 'answer', answers)
    })
  }

  await t.test('scaled down, the others go on being handed out; scaled up, everyone is there again', async (t) => {
    const watcher = watchResolve(url, 'answer')
    await fleet.compose('up', '--detach', '--no-recreate', '--scale', 'answer=1')
    await until(
      'one to be left',
      () => readInstances(url, 'answer'),
      (all) => all.length === 1,
    )
    await fleet.compose('up', '--detach', '--no-recreate', '--scale', 'answer=3')
    await untilAlive(url, 'answer', answers)
    await untilAlive(otherUrl, 'answer', answers)
    await watcher.stop()
    t.strictSame(refusals(watcher.seen), [])
  })

  await t.test('a daemon that restarts never says that a name of the fleet is unknown', async (t) => {
    await neverUnknown(t, url, async () => {
      await (await fleet.container('discovery-1')).restart()
    })
    t.strictSame(await callFromClient(fleet, 'classic'), [classicAddress.open])
  })
}
