// The checker itself is checked: a daemon that is broken on purpose is found out by a recorded seed, and a sound one is blamed for nothing on the
// same seeds.

import t from 'tap'
import { judgeHistory } from '../promises.ts'
import { brokenDaemons } from './broken-daemons.ts'
import { createInProcessSchedule, runInProcess } from './run.ts'

for (const [name, { breakage, seed, breaks }] of Object.entries(brokenDaemons))
  t.test(`a daemon that ${name} is found out by seed ${seed}`, async (t) => {
    const judged = judgeHistory(await runInProcess({ schedule: createInProcessSchedule(seed), breakage }))
    const broken = judged.filter(({ violations }) => violations.length > 0).map(({ promise }) => promise.name)
    t.ok(broken.includes(breaks), `it breaks ${broken.join(', ')}`)
  })

for (const seed of new Set(Object.values(brokenDaemons).map((broken) => broken.seed)))
  t.test(`a sound daemon is blamed for nothing by seed ${seed}`, async (t) => {
    const judged = judgeHistory(await runInProcess({ schedule: createInProcessSchedule(seed) }))
    t.same(
      judged.flatMap(({ violations }) => violations),
      [],
    )
    t.ok(judged.some(({ checks }) => checks > 0))
  })
