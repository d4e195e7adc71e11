import t from 'tap'
import { HeldNames } from '../../../../messaging/roll/follow/held-names.ts'
import { openFollowedWorld } from '../../../fixtures/followed-world.ts'

t.test('of too many names the one asked for longest ago is let go', async (t) => {
  const follower = openFollowedWorld(t).openFollower('d1')
  const opened: string[] = []
  const names = new HeldNames((name) => {
    opened.push(name)
    return follower.name(name)
  })
  for (let i = 0; i < 1_000; i += 1) names.hold(`name-${i}`)
  const closed = t.rejects(names.hold('name-1').known(), { code: 'CLOSED' })
  const first = names.hold('Name-0')
  for (let i = 2; i < 1_000; i += 1) names.hold(`name-${i}`)
  names.hold('one-more')
  await closed
  t.equal(opened.length, 1_001)
  t.equal(names.hold('name-0'), first)
  t.throws(() => names.hold('not a name'), { code: 'NAME_INVALID' })
})
