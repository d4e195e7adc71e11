import t from 'tap'
import { openFollowedWorld } from '../../../fixtures/followed-world.ts'
import { line } from '../../../fixtures/roll.ts'

t.test('a name is resolved with the first word about it, and then at once', async (t) => {
  const { clock, addDaemon, openRoll } = openFollowedWorld(t)
  const { roll } = await addDaemon('d1', 1)
  roll.hear(roll.attach(), line('a', { zone: 'eu' }), line('b', { zone: 'us', version: '1.4.2', tags: ['canary'] }))
  const follower = openRoll('d1')
  const first = follower.resolve('web', { zone: 'eu' })
  await clock.advanceAsync(100)
  t.match(await first, { id: 'a', address: /^tcp:\/\/10\.0\.0\.1:\d+$/, state: 'alive', detached: false })
  t.match(await follower.resolve('web', { near: 'us' }), { id: 'b' })
  t.match(await follower.resolve('WEB', { version: '^1.4', tags: ['canary'] }), { id: 'b' })
  t.match(await follower.resolve('web', { protocols: ['tcp'], tags: ['!canary'] }), { id: 'a' })
})

t.test('nobody is an error that says why', async (t) => {
  const { clock, addDaemon, openRoll } = openFollowedWorld(t)
  const { roll } = await addDaemon('d1', 1)
  roll.hear(roll.attach(), line('a', { zone: 'eu' }), line('x', { service: 'sick', status: 'critical' }))
  const follower = openRoll('d1')
  const unknown = t.rejects(follower.resolve('nobody'), { code: 'UNKNOWN_SERVICE', message: /"nobody"/ })
  const sick = t.rejects(follower.resolve('sick'), { code: 'NONE_PASSING' })
  const elsewhere = t.rejects(follower.resolve('web', { zone: 'us' }), { code: 'NO_MATCH' })
  await clock.advanceAsync(100)
  await Promise.all([unknown, sick, elsewhere])
  await t.rejects(follower.resolve('web', { version: 'newest' }), { code: 'NAME_INVALID', message: /newest/ })
  await t.rejects(follower.resolve('web.eu'), { code: 'NAME_INVALID', message: /web-eu/ })
})

t.test('where no daemon has said anything, waiting has an end', async (t) => {
  const { clock, openRoll } = openFollowedWorld(t)
  const follower = openRoll('d1')
  const after = t.rejects(follower.resolve('web', { timeoutMs: 500 }), { code: 'TIMEOUT' })
  const byDefault = t.rejects(follower.resolve('web'), { code: 'TIMEOUT', message: /10000 ms/ })
  const controller = new AbortController()
  const { signal } = controller
  const aborted = t.rejects(follower.resolve('web', { signal }), { message: 'enough' })
  t.equal(follower.name('web').draw().outcome, 'NOT_KNOWN')
  controller.abort(new Error('enough'))
  await clock.advanceAsync(10_000)
  await Promise.all([after, byDefault, aborted])
  const closed = t.rejects(follower.resolve('web'), { code: 'CLOSED' })
  await follower.close()
  await closed
  await t.rejects(follower.resolve('web'), { code: 'CLOSED' })
})

t.test('a signal that has come already is heeded, known or not', async (t) => {
  const { clock, addDaemon, openRoll } = openFollowedWorld(t)
  const { roll } = await addDaemon('d1', 1)
  roll.hear(roll.attach(), line('a'))
  const follower = openRoll('d1')
  const first = follower.resolve('web')
  await clock.advanceAsync(100)
  await first
  await t.rejects(follower.resolve('web', { signal: AbortSignal.abort(new Error('too late')) }), {
    message: 'too late',
  })
})

t.test('the best are drawn at once and by turns, and one set aside is not', async (t) => {
  const { clock, addDaemon, openRoll } = openFollowedWorld(t)
  const { roll } = await addDaemon('d1', 1)
  const pipe = roll.attach()
  roll.hear(pipe, line('a'), line('b'))
  const web = openRoll('d1').name('web')
  await clock.advanceAsync(100)
  const drawn = () => {
    const ids = Array.from({ length: 50 }, () => web.draw()).map((choice) =>
      choice.outcome === 'PROVIDER' ? choice.instance.id : choice.outcome,
    )
    return [...new Set(ids)].toSorted().join(' ')
  }
  t.equal(drawn(), 'a b')
  roll.hear(roll.attach(), line('c', { weight: 0 }))
  roll.hear(pipe, line('a', { status: 'warning' }), line('b'))
  await clock.advanceAsync(100)
  t.equal(drawn(), 'b')
  for (const instance of web.instances) if (instance.id === 'b') web.setAside(instance)
  t.equal(drawn(), 'c', 'weight 0, and passing')
})

t.test(
  'when every daemon is gone the last word holds, and one that comes back with another epoch is heard',
  async (t) => {
    const { clock, addDaemon, openRoll } = openFollowedWorld(t)
    const daemon = await addDaemon('d1', 1)
    daemon.roll.hear(daemon.roll.attach(), line('a'))
    const follower = openRoll('d1')
    const first = follower.resolve('web')
    await clock.advanceAsync(100)
    await first
    await daemon.close()
    await clock.advanceAsync(60_000)
    t.equal(follower.daemons, 0)
    t.match(await follower.resolve('web'), { id: 'a' })
    const again = await addDaemon('d1', 2)
    again.roll.hear(again.roll.attach(), line('b'))
    await clock.advanceAsync(5_000)
    t.match(await follower.resolve('web'), { id: 'b' })
  },
)
