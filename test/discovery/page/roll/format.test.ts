import t from 'tap'
import { formatCount, formatMs, formatSpan } from '../../../../discovery/page/roll/format.ts'

t.test('numbers and times as people read them', async (t) => {
  t.same([0.0234, 1.234, 12.34, 123.4, 9_999, 61_000].map(formatMs), [
    '23 µs',
    '1.23 ms',
    '12.3 ms',
    '123 ms',
    '9999 ms',
    '1 min 1 s',
  ])
  t.same([-5, 400, 59_400, 3_599_000, 7_260_000, 90_000_000].map(formatSpan), [
    '0 s',
    '0 s',
    '59 s',
    '59 min 59 s',
    '2 h 1 min',
    '1 d 1 h',
  ])
  t.same(
    [0, 1, 1_000].map((count) => formatCount(count, 'round')),
    ['0 rounds', '1 round', '1,000 rounds'],
  )
})
