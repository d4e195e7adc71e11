import t from 'tap'
import type { RollChange } from '../../../../messaging/roll/follow/watch.ts'
import { openFollowedWorld } from '../../../fixtures/followed-world.ts'
import { line } from '../../../fixtures/roll.ts'

const told = (change: RollChange) =>
  change.type === 'snapshot'
    ? `snapshot ${change.instances.map(({ id }) => id).join(',')}`
    : `${change.type} ${change.instance.id}`

/** Reads in the background; what has come stands in `changes`. */
function read(watch: AsyncIterable<RollChange>) {
  const changes: string[] = []
  const ended = (async () => {
    for await (const change of watch) changes.push(told(change))
  })()
  return { changes, ended }
}

t.test('everyone first, then each change in order', async (t) => {
  const { clock, addDaemon, openRoll } = openFollowedWorld(t)
  const { roll } = await addDaemon('d1', 1)
  const [one, two] = [roll.attach(), roll.attach()]
  roll.hear(one, line('a'))
  const controller = new AbortController()
  const { changes, ended } = read(openRoll('d1').watch('web', { signal: controller.signal }))
  await clock.advanceAsync(100)
  for (const step of [
    () => roll.hear(two, line('b')),
    () => roll.hear(two, line('b', { zone: 'eu' })),
    () => roll.detach(one),
    () => roll.hear(two, line('b', { zone: 'eu', status: 'draining' })),
    () => roll.pass(1_000),
  ]) {
    step()
    await clock.advanceAsync(100)
  }
  t.same(changes, ['snapshot a', 'joined b', 'updated b', 'suspected a', 'draining b', 'left a'])
  controller.abort()
  await ended
  roll.hear(two)
  await clock.advanceAsync(100)
  t.equal(changes.length, 6)
})

t.test('a daemon with another epoch is told of by what is different, without a gap', async (t) => {
  const { clock, addDaemon, openRoll } = openFollowedWorld(t)
  const first = await addDaemon('d1', 1)
  first.roll.hear(first.roll.attach(), line('a'), line('b'))
  const roll = openRoll('d1', 'd2')
  const { changes, ended } = read(roll.watch('web'))
  await clock.advanceAsync(100)
  await first.close()
  const second = await addDaemon('d2', 2)
  second.roll.hear(second.roll.attach(), line('b'), line('c'))
  await clock.advanceAsync(5_000)
  t.same(changes, ['snapshot a,b', 'joined c', 'left a'])
  await roll.close()
  await ended
})

t.test('a loop that falls too far behind gets everyone anew', async (t) => {
  const { clock, addDaemon, openRoll } = openFollowedWorld(t)
  const { roll } = await addDaemon('d1', 1)
  const pipe = roll.attach()
  const changes = openRoll('d1').watch('web', { maxPending: 2 })[Symbol.asyncIterator]()
  const first = changes.next()
  await clock.advanceAsync(100)
  t.match(await first, { value: { type: 'snapshot', instances: [] } })
  for (const ids of [['a'], ['a', 'b'], ['a', 'b', 'c'], ['b', 'c']]) {
    roll.hear(pipe, ...ids.map((id) => line(id)))
    await clock.advanceAsync(100)
  }
  t.match(await changes.next(), { value: { type: 'snapshot', instances: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] } })
  t.match(await changes.next(), { value: { type: 'left', instance: { id: 'a' } } })
  await changes.return?.()
  t.match(await changes.next(), { done: true })
})

t.test('a signal that has come already ends it before it begins, and a wrong name is said at once', async (t) => {
  const { clock, addDaemon, openRoll } = openFollowedWorld(t)
  await addDaemon('d1', 1)
  const roll = openRoll('d1')
  const known = roll.name('web').known()
  await clock.advanceAsync(100)
  await known
  const { changes, ended } = read(roll.watch('web', { signal: AbortSignal.abort() }))
  await ended
  t.same(changes, [])
  t.throws(() => roll.watch('no.such.name'), { code: 'NAME_INVALID' })
})
