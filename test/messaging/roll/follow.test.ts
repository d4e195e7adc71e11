import t from 'tap'
import type { FollowedName } from '../../../messaging/roll/follow/roll-follower.ts'
import { openDaemon } from '../../../discovery/daemon.ts'
import { follow } from '../../../messaging/roll/follow.ts'
import { join } from '../../../messaging/roll/join.ts'
import { openFollowedWorld } from '../../fixtures/followed-world.ts'
import { line } from '../../fixtures/roll.ts'

const ids = (name: FollowedName) => name.instances.map(({ id, state }) => `${state} ${id}`)

t.test('a follower is told who is here, and then each change', async (t) => {
  const { clock, addDaemon, openFollower } = openFollowedWorld(t)
  const { roll } = await addDaemon('d1', 1)
  const [a, b] = [roll.attach(), roll.attach()]
  roll.hear(a, line('a'))
  const web = openFollower('d1').name('web')
  t.equal(web.isKnown, false)
  await clock.advanceAsync(100)
  t.same(ids(web), ['alive a'])
  roll.hear(b, line('b', { zone: 'eu' }))
  await clock.advanceAsync(100)
  t.match(web.instances, [{ id: 'a' }, { id: 'b', zone: 'eu', host: '10.0.0.1' }])
  roll.detach(a)
  await clock.advanceAsync(100)
  t.same(ids(web), ['suspect a', 'alive b'])
  roll.pass(1_000)
  await clock.advanceAsync(100)
  t.same(ids(web), ['alive b'])
  await clock.advanceAsync(60_000)
  t.same(ids(web), ['alive b'], 'nothing new is no news')
})

t.test('kinds and names are followed each for itself', async (t) => {
  const { clock, addDaemon, openFollower } = openFollowedWorld(t)
  const { roll } = await addDaemon('d1', 1)
  roll.hear(roll.attach(), line('a'), line('a', { kind: 'member' }), line('x', { service: 'other' }))
  const follower = openFollower('d1')
  const [members, topics] = [follower.name('web', 'member'), follower.name('web', 'topic')]
  await clock.advanceAsync(100)
  t.match(members.instances, [{ id: 'a', kind: 'member' }])
  t.equal(topics.isKnown, true)
  t.same(topics.instances, [])
})

t.test('a daemon that does not know yet does not say "nobody", and says it once it knows', async (t) => {
  const { clock, addDaemon, openFollower } = openFollowedWorld(t)
  const daemon = await addDaemon('d1', 1)
  daemon.state.isReady = false
  const web = openFollower('d1').name('web')
  const known = t.rejects(web.known({ timeoutMs: 1_000 }), { code: 'TIMEOUT' })
  await clock.advanceAsync(1_000)
  await known
  t.equal(web.isKnown, false)
  daemon.state.isReady = true
  await clock.advanceAsync(200)
  t.equal(web.isKnown, true)
  await web.known()
  t.same(web.instances, [])
})

t.test('when a daemon goes away the list stays, and another one takes over without a gap', async (t) => {
  const { clock, addDaemon, openFollower } = openFollowedWorld(t)
  const first = await addDaemon('d1', 1)
  first.roll.hear(first.roll.attach(), line('a'), line('b'))
  const web = openFollower('d1', 'd2').name('web')
  await clock.advanceAsync(100)
  const seen: number[] = []
  web.onChange(() => seen.push(web.instances.length))
  await first.close()
  await clock.advanceAsync(20_000)
  t.same(ids(web), ['alive a', 'alive b'], 'all daemons are away')
  const second = await addDaemon('d2', 2)
  second.state.isReady = false
  second.roll.hear(second.roll.attach(), line('b'))
  await clock.advanceAsync(3_000)
  t.same(ids(web), ['alive a', 'alive b'], 'a daemon that has just started does not know that a is gone')
  second.state.isReady = true
  await clock.advanceAsync(1_000)
  t.same(ids(web), ['alive b'])
  t.notOk(seen.includes(0))
})

t.test('the same name followed twice is followed until both have closed it', async (t) => {
  const { clock, addDaemon, openFollower } = openFollowedWorld(t)
  const { roll } = await addDaemon('d1', 1)
  const follower = openFollower('d1')
  const [one, two] = [follower.name('web'), follower.name('web')]
  one.close()
  one.close()
  roll.hear(roll.attach(), line('a'))
  await clock.advanceAsync(100)
  t.same(ids(two), ['alive a'])
  const closed = t.rejects(follower.name('never').known(), { code: 'CLOSED' })
  await follower.close()
  await closed
})

t.test('a real daemon tells a real follower of who joins and who leaves', async (t) => {
  const daemon = await openDaemon({ port: 0, httpPort: 0, httpHost: '127.0.0.1', warmupMs: 0 })
  t.teardown(() => daemon.close())
  const discovery = [daemon.spAddress.replace('*', '127.0.0.1')]
  const roll = await follow({ discovery })
  t.teardown(() => roll.close())
  const web = roll.name('web')
  await web.known({ timeoutMs: 20_000 })
  t.same(web.instances, [])
  const next = () =>
    new Promise<void>((resolve) => {
      const stop = web.onChange(() => {
        stop()
        resolve()
      })
    })
  const joined = next()
  const membership = await join({ discovery, service: 'web', id: 'web-1', port: 8080 })
  await joined
  t.match(web.instances, [{ id: 'web-1', host: '127.0.0.1', port: 8080 }])
  const left = next()
  await membership.leave()
  await left
  t.same(web.instances, [])
})

t.test('on the nanomsg engine there is no feed to follow', async (t) => {
  await t.rejects(follow({ env: { DISCOVERY_HOST: 'd', ROLLCALL_ENGINE: 'nanomsg' } }), { code: 'NOT_SUPPORTED' })
})
