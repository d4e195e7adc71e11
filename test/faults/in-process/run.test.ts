// The real daemon under faults on the simulated network: a sound one keeps every promise, and a run is the same each time.

import t from 'tap'
import { keptCases } from '../kept.ts'
import { judgeHistory } from '../promises.ts'
import { findBroken, reportOn } from '../report.ts'
import { createInProcessSchedule, runInProcess } from './run.ts'

t.test('a schedule with a crowd of a thousand breaks no promise, and is felt', async (t) => {
  const schedule = createInProcessSchedule(4)
  const report = reportOn(await runInProcess({ schedule }))
  t.same(findBroken(report), [])
  t.ok(Object.values(report.lookups).reduce((sum, count) => sum + count, 0) > 5_000)
  t.equal(report.faults.length, new Set(schedule.faults.map(({ kind }) => kind)).size)
  for (const kind of ['thundering', 'kill', 'disconnect', 'forged-answer'])
    t.ok((report.faults.find((effect) => effect.kind === kind)?.felt ?? 0) > 0, kind)
})

t.test('the same schedule is the same history, to the last millisecond', async (t) => {
  const schedule = { ...createInProcessSchedule(3), lengthMs: 40_000 }
  const [first, second] = [await runInProcess({ schedule }), await runInProcess({ schedule })]
  t.ok(first.length > 1_000)
  t.equal(JSON.stringify(first), JSON.stringify(second))
})

for (const { found, ...schedule } of keptCases)
  t.test(`found once: ${found}`, async (t) => {
    const judged = judgeHistory(await runInProcess({ schedule }))
    t.same(
      judged.flatMap(({ violations }) => violations),
      [],
    )
  })
