// Messages one way between two processes, as many as go: PUSH to PULL beside the same frames on bare sockets, and beside libnanomsg in C.
// The last is compiled here; where a compiler or the library is missing, its rows are.

import type { OneWayPair } from '../one-way-pair.ts'
import type { Row, Scenario, Verdict } from '../scenario.ts'
import { openNanomsgPair, openPair } from '../one-way-pair.ts'
import { compareReceivers, rowsOf, runInTurn } from '../one-way-runs.ts'
import { atLeast } from '../scenario.ts'

export const oneWay: Scenario = {
  name: 'one-way',
  description: '1,000,000 messages of 1 KB and of 100 B from one process to another',
  async run({ isQuick, say }) {
    const nanomsg = await openNanomsgPair()
    const pairs = new Map<string, OneWayPair>([
      ['rollcall', await openPair('tcp')],
      ['bare', await openPair('bare')],
    ])
    if (typeof nanomsg === 'string') say(`${nanomsg}; its rows are missing`)
    else pairs.set('libnanomsg in C', nanomsg)
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    for (const bytes of [1_024, 100]) {
      const load = { bytes, ...(isQuick ? { rounds: 2, count: 10_000 } : { rounds: 10, count: 1_000_000 }) }
      const runs = await runInTurn(pairs, load)
      rows.push(...rowsOf(runs, load))
      for (const [peer, limit] of [['bare', 0.9] as const, ['libnanomsg in C', 3] as const])
        if (pairs.has(peer))
          verdicts.push(
            atLeast(`${bytes} B: rollcall by ${peer}`, compareReceivers(runs, 'rollcall', peer, load), limit),
          )
    }
    for (const pair of pairs.values()) await pair.close()
    return { rows, verdicts }
  },
}
