import fc from 'fast-check'
import t from 'tap'
import { Deadline, DeadlineWheel } from '../../../messaging/iris/deadline-wheel.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'

class Entry extends Deadline {
  readonly #run: () => void

  constructor(run: () => void) {
    super()
    this.#run = run
  }

  override expired(): void {
    this.#run()
  }
}

t.test('each expires once, no earlier than its time and soon after, whatever else comes and goes', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ inMs: fc.nat(10_000), isRemoved: fc.boolean(), afterMs: fc.nat(200) }), { maxLength: 60 }),
      (given) => {
        const clock = createFakeClock(12_345)
        const wheel = new DeadlineWheel(clock)
        const entries = given.map(({ inMs, isRemoved, afterMs }) => {
          const atMs = clock.nowMs() + inMs
          const expiries: number[] = []
          const entry = new Entry(() => expiries.push(clock.nowMs()))
          wheel.add(entry, atMs)
          clock.advance(afterMs)
          const wasRemoved = isRemoved && expiries.length === 0
          if (isRemoved) wheel.remove(entry)
          return { atMs, expiries, wasRemoved }
        })
        clock.advance(20_000)
        for (const { atMs, expiries, wasRemoved } of entries) {
          const [expiredAtMs = NaN] = expiries
          if (wasRemoved ? expiries.length > 0 : expiries.length !== 1) throw new Error(`${expiries.length} times`)
          if (!wasRemoved && (expiredAtMs < atMs || expiredAtMs > atMs + 17)) throw new Error('at the wrong time')
        }
        wheel.close()
        if (clock.pending > 0) throw new Error('a timer is left')
      },
    ),
    { numRuns: 300 },
  )
})

t.test('one timer serves them all, and what expires may add and remove others', async (t) => {
  const clock = createFakeClock()
  const wheel = new DeadlineWheel(clock)
  const expired: string[] = []
  const second = new Entry(() => expired.push('second'))
  const third = new Entry(() => expired.push('third'))
  wheel.add(
    new Entry(() => {
      expired.push('first')
      wheel.remove(second)
      wheel.add(third, clock.nowMs())
    }),
    100,
  )
  wheel.add(second, 100)
  for (let i = 0; i < 1_000; i += 1) wheel.add(new Entry(() => {}), 5_000 + i)
  t.equal(clock.pending, 1)
  clock.advance(200)
  t.ok(!expired.includes('second') || expired.indexOf('second') < expired.indexOf('first'))
  t.ok(expired.includes('first') && expired.includes('third'))
  wheel.close()
  wheel.add(new Entry(() => expired.push('late')), 300)
  clock.advance(10_000)
  t.notOk(expired.includes('late'))
})

t.test('one without an end never expires', async (t) => {
  const clock = createFakeClock()
  const wheel = new DeadlineWheel(clock)
  wheel.add(new Entry(() => t.fail('expired')), Infinity)
  t.equal(clock.pending, 0)
})
