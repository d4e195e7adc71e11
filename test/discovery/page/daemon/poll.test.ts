import t from 'tap'
import { openPoll } from '../../../../discovery/page/daemon/poll.ts'
import { createFakeClock } from '../../../fixtures/fake-clock.ts'

function open(ask: () => Promise<void> = async () => undefined) {
  const clock = createFakeClock()
  const state = { asked: 0, failures: 0, isWanted: true }
  const poll = openPoll({
    clock,
    everyMs: 1_000,
    isWanted: () => state.isWanted,
    ask: () => {
      state.asked += 1
      return ask()
    },
    onFailure: () => void (state.failures += 1),
  })
  return { clock, state, poll }
}

t.test('it asks at once, and again after a while', async (t) => {
  const { clock, state, poll } = open()
  await clock.advanceAsync(2_999)
  t.equal(state.asked, 3)
  poll.close()
  await clock.advanceAsync(5_000)
  t.equal(state.asked, 3)
  t.equal(clock.pending, 0)
})

t.test('nothing is asked while nobody looks, and at once when somebody does', async (t) => {
  const { clock, state, poll } = open()
  state.isWanted = false
  await clock.advanceAsync(5_000)
  t.equal(state.asked, 1)
  state.isWanted = true
  poll.hurry()
  await clock.advanceAsync(0)
  t.equal(state.asked, 2)
  poll.close()
})

t.test('one question at a time, and rarely where an answer is dear', async (t) => {
  let answer = () => {}
  const { clock, state, poll } = open(() => new Promise((resolve) => (answer = resolve)))
  poll.hurry()
  await clock.advanceAsync(200)
  t.equal(state.asked, 1)
  answer()
  await clock.advanceAsync(3_999)
  t.equal(state.asked, 1, '20 times as long as the answer took')
  await clock.advanceAsync(1)
  t.equal(state.asked, 2)
  poll.close()
  answer()
  await clock.advanceAsync(10_000)
  t.equal(clock.pending, 0)
})

t.test('a failure is told of, and the question asked again in its turn', async (t) => {
  const { clock, state, poll } = open(() => Promise.reject(new Error('gone')))
  await clock.advanceAsync(1_000)
  t.match(state, { asked: 2, failures: 2 })
  poll.close()
})
