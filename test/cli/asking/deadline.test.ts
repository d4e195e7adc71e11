import { setTimeout as sleep } from 'node:timers/promises'

import t from 'tap'
import { openDeadline } from '../../../cli/asking/deadline.ts'

t.test('the signal is aborted when the time has passed', async (t) => {
  const deadline = openDeadline(1)
  await t.rejects(sleep(60_000, undefined, { signal: deadline.signal }), { name: 'AbortError' })
  t.ok(deadline.isOver())
  t.equal(deadline.signal.reason.name, 'TimeoutError')
})

t.test('the signal is aborted with the other one, whose reason it takes', async (t) => {
  const other = new AbortController()
  const deadline = openDeadline(60_000, other.signal)
  t.teardown(() => deadline.close())
  const reason = new Error('enough')
  other.abort(reason)
  t.equal(deadline.signal.reason, reason)
  t.notOk(deadline.isOver())
})

t.test('a signal that was aborted before is followed at once', async (t) => {
  const deadline = openDeadline(undefined, AbortSignal.abort('before'))
  t.equal(deadline.signal.reason, 'before')
})

t.test('a closed deadline never comes', async (t) => {
  const other = new AbortController()
  const deadline = openDeadline(1, other.signal)
  deadline.close()
  await sleep(10)
  other.abort()
  t.notOk(deadline.signal.aborted)
  t.notOk(deadline.isOver())
})
