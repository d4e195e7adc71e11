import t from 'tap'
import type { Round } from '../../../../discovery/page/daemon/wire.ts'
import { countMissing, createBars, describeRound } from '../../../../discovery/page/roll/timeline.ts'

const round: Round = {
  round: 7,
  startedAt: '2026-11-24T10:00:00.000Z',
  durationMs: 2.5,
  asked: 10,
  answered: 10,
  missing: [],
  late: 0,
  endedBy: 'complete',
  isLagged: false,
}

t.test('bars are shares of the tallest and the longest', async (t) => {
  const bars = createBars([round, { ...round, round: 8, asked: 20, answered: 15, durationMs: 500 }])
  t.match(bars, [
    { answered: 0.5, missing: 0, duration: 0.005 },
    { answered: 0.75, missing: 0.25, duration: 1 },
  ])
  t.same(createBars([]), [])
  t.match(createBars([{ ...round, asked: 0, answered: 0 }]), [{ answered: 0, missing: 0 }])
})

t.test('an engine that cannot count whom it asked tells who is missing', async (t) => {
  t.equal(countMissing({ ...round, asked: null, answered: 3, missing: ['web/a', 'web/b'] }), 2)
  t.equal(countMissing({ ...round, asked: 3, answered: 4 }), 0)
})

t.test('a round in words says what is out of the ordinary', async (t) => {
  t.match(describeRound(round), /^Round 7 at \d\d:\d\d:\d\d: asked 10, 10 answers in 2\.50 ms$/)
  const bad = { ...round, answered: 1, late: 2, isLagged: true }
  t.match(describeRound(bad), /1 answer in .*, 9 missing, 2 late, the daemon itself was late/)
  t.match(describeRound({ ...round, asked: null }), /asked everyone/)
})
