import t from 'tap'
import { createHintLimit } from '../../discovery/hint-limit.ts'
import { createFakeClock } from '../fixtures/fake-clock.ts'

t.test('a peer has fifty hints a second, no more after a pause, and none of another peer', async (t) => {
  const clock = createFakeClock()
  const limit = createHintLimit(clock)
  const [one, other] = [{}, {}]
  const takeAll = (peer: object) => {
    let taken = 0
    while (limit.take(peer)) taken += 1
    return taken
  }
  t.equal(takeAll(one), 50)
  clock.advance(100)
  t.equal(takeAll(one), 5)
  clock.advance(60_000)
  t.equal(takeAll(one), 50)
  t.equal(takeAll(other), 50)
})
