// What encryption costs: the same messages one way over tls+tcp with a pre-shared key and over tcp; and what Node's own TLS makes of
// the same frames.

import type { Row, Scenario, Verdict } from '../scenario.ts'
import { openPair } from '../one-way-pair.ts'
import { compareReceivers, rowsOf, runInTurn } from '../one-way-runs.ts'
import { atLeast, reported } from '../scenario.ts'

export const tls: Scenario = {
  name: 'tls',
  description: 'messages of 1 KB and of 100 B one way over tls+tcp, beside tcp',
  async run({ isQuick }) {
    const kinds = ['tls+tcp', 'tcp', 'bare-tls'] as const
    const pairs = new Map(await Promise.all(kinds.map(async (kind) => [kind, await openPair(kind)] as const)))
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    for (const bytes of [1_024, 100]) {
      const load = { bytes, ...(isQuick ? { rounds: 2, count: 10_000 } : { rounds: 10, count: 500_000 }) }
      const runs = await runInTurn(pairs, load)
      rows.push(...rowsOf(runs, load))
      verdicts.push(
        reported(`${bytes} B: tls+tcp by bare node:tls`, compareReceivers(runs, 'tls+tcp', 'bare-tls', load)),
        atLeast(`${bytes} B: tls+tcp by tcp`, compareReceivers(runs, 'tls+tcp', 'tcp', load), 0.5),
      )
    }
    for (const pair of pairs.values()) await pair.close()
    return { rows, verdicts }
  },
}
