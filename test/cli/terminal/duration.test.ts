import t from 'tap'
import { formatDuration, readDurationMs } from '../../../cli/terminal/duration.ts'

t.test('a duration is a number with its unit', async (t) => {
  t.equal(readDurationMs('250ms'), 250)
  t.equal(readDurationMs('2s'), 2000)
  t.equal(readDurationMs('1.5m'), 90_000)
  t.equal(readDurationMs('1h'), 3_600_000)
})

for (const text of ['', '2', 's', '-1s', '2 s', '0ms', '1e9h', '2sec', '999999h']) {
  t.test(`"${text}" is refused with what is accepted`, async (t) => {
    t.throws(() => readDurationMs(text), { code: 'commander.invalidArgument', message: /A duration is/ })
  })
}

t.test('a duration is shown as short as it can be read', async (t) => {
  t.equal(formatDuration(0.42), '0.4 ms')
  t.equal(formatDuration(42.4), '42 ms')
  t.equal(formatDuration(1500), '1.5 s')
  t.equal(formatDuration(150_000), '2 min')
  t.equal(formatDuration(3_900_000), '1 h 5 min')
})
