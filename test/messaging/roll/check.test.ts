import type { Test } from 'tap'
import t from 'tap'
import type { CheckTiming } from '../../../messaging/roll/check.ts'
import { openCheck } from '../../../messaging/roll/check.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'

type Look = 'passing' | 'warning' | 'refused' | 'hangs'

/** A check whose next looks find what the test says. */
function open(t: Test, timing: CheckTiming, ...looks: Look[]) {
  const clock = createFakeClock()
  const told: string[] = []
  let looked = 0
  const check = openCheck({
    ...timing,
    clock,
    onChange: ({ status, reason }) => void told.push(reason ? `${status}: ${reason}` : status),
    async probe(signal) {
      const look = looks[looked] ?? 'hangs'
      looked += 1
      if (look === 'refused') throw new Error('refused')
      if (look !== 'hangs') return look
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  t.teardown(() => {
    check.close()
    if (clock.pending > 0) throw new Error('a timer is left')
  })
  return { check, clock, told, looked: () => looked }
}

t.test('a program is critical until it was seen to be well', async (t) => {
  const { check, clock, told } = open(t, { intervalMs: 1_000 }, 'refused', 'passing')
  t.equal(check.state.status, 'critical')
  await clock.advanceAsync(0)
  t.same(check.state, { status: 'critical', reason: 'refused' })
  await clock.advanceAsync(1_000)
  t.same(told, ['passing'], 'what it was at the start is not told')
})

t.test('one bad look changes nothing, and `fall` of them in a row do', async (t) => {
  const { clock, told } = open(
    t,
    { intervalMs: 1_000, fall: 2 },
    ...(['passing', 'refused', 'passing', 'refused', 'refused', 'passing'] as const),
  )
  await clock.advanceAsync(3_000)
  t.same(told, ['passing'])
  await clock.advanceAsync(1_000)
  t.same(told, ['passing', 'critical: refused'])
  await clock.advanceAsync(1_000)
  t.same(told, ['passing', 'critical: refused', 'passing'])
})

t.test('`rise` good looks in a row bring it back', async (t) => {
  const looks = ['passing', 'refused', 'passing', 'warning'] as const
  const { clock, told } = open(t, { intervalMs: 1_000, rise: 2 }, ...looks)
  await clock.advanceAsync(500)
  t.same(told, [])
  await clock.advanceAsync(250)
  t.same(told, ['warning: it asks for less'])
})

t.test('a look that hangs goes wrong after its time, and the next one comes an interval later', async (t) => {
  const { check, clock, looked } = open(
    t,
    { intervalMs: 1_000, timeoutMs: 300, fall: 1 },
    'passing',
    'hangs',
    'passing',
  )
  await clock.advanceAsync(1_299)
  t.equal(check.state.status, 'passing')
  await clock.advanceAsync(1)
  t.same(check.state, { status: 'critical', reason: 'no answer within 300 ms' })
  await clock.advanceAsync(999)
  t.equal(looked(), 2)
  await clock.advanceAsync(1)
  t.equal(check.state.status, 'passing')
})

t.test('until it was well for the first time it is looked at more often', async (t) => {
  const { clock, told, looked } = open(t, {}, 'refused', 'refused', 'passing', 'refused')
  await clock.advanceAsync(500)
  t.same(told, ['passing'])
  await clock.advanceAsync(9_999)
  t.equal(looked(), 3)
  await clock.advanceAsync(1)
  t.equal(looked(), 4)
})

t.test('a program that is never well is looked at ever more rarely, and as often as any in the end', async (t) => {
  const { clock, looked } = open(t, { timeoutMs: 1 }, ...Array.from({ length: 200 }, () => 'refused' as const))
  await clock.advanceAsync(2_000)
  t.equal(looked(), 9)
  await clock.advanceAsync(118_000)
  const looks = looked()
  t.ok(looks < 60, `${looks} looks in two minutes`)
  await clock.advanceAsync(100_000)
  t.equal(looked(), looks + 10)
})

t.test('a check that is closed looks no more and tells nothing', async (t) => {
  const { check, clock, told, looked } = open(t, {}, 'hangs')
  check.close()
  await clock.advanceAsync(60_000)
  t.same(told, [])
  t.equal(looked(), 1)
})
