import t from 'tap'
import { readDurationMs } from '../../../discovery/lookup/duration.ts'

t.test('durations are read as Go and people write them', async (t) => {
  for (const [text, ms] of [
    ['30s', 30_000],
    ['500ms', 500],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
    ['0', 0],
    ['10m', 600_000],
  ] as const)
    t.equal(readDurationMs(text), ms, text)
})

t.test('what is no duration is none', async (t) => {
  for (const text of [
    '',
    '30',
    's',
    '-1s',
    '1 s',
    '1s ',
    '1d',
    '1.s',
    '.5s',
    '1e3s',
    'ms',
    '1s1',
    `${'9'.repeat(40)}s`,
  ])
    t.equal(readDurationMs(text), undefined, text)
})
