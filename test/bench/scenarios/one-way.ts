// Messages one way between two processes, as many as go: PUSH to PULL beside the same frames on bare sockets, and beside libnanomsg in C.
// The last is compiled here; where a compiler or the library is missing, its rows are.

import type { OneWayPair, OneWayRun } from '../one-way-pair.ts'
import type { Row, Scenario, Verdict } from '../scenario.ts'
import { openNanomsgPair, openPair } from '../one-way-pair.ts'
import { atLeast } from '../scenario.ts'
import { median, spread } from '../statistics.ts'

interface Contender {
  readonly kind: string
  readonly pair: OneWayPair
  readonly runs: OneWayRun[]
}

/** Turn about; the first of each warms up. */
async function measure(contenders: readonly Contender[], rounds: number, count: number, bytes: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1)
    for (const { pair, runs } of contenders) {
      const run = await pair.run(count, bytes)
      if (round > 0) runs.push(run)
    }
}

function rates(runs: readonly OneWayRun[], end: keyof OneWayRun, count: number): number[] {
  return runs.map((run) => (count * 1_000) / run[end].ms)
}

function rowsOf({ kind, runs }: Contender, count: number, bytes: number): Row[] {
  return (['receiver', 'sender'] as const).flatMap((end) => {
    const found = rates(runs, end, count)
    const cpuUs = runs.map((run) => (run[end].cpuMs * 1_000) / count)
    return [
      {
        what: `${bytes} B, ${kind}: ${end}`,
        value: median(found),
        unit: '/s',
        spread: spread(found),
        samples: found.length,
      },
      {
        what: `${bytes} B, ${kind}: ${end}, CPU of a message`,
        value: median(cpuUs),
        unit: 'µs',
        spread: spread(cpuUs),
      },
    ]
  })
}

export const oneWay: Scenario = {
  name: 'one-way',
  description: '1,000,000 messages of 1 KB and of 100 B from one process to another',
  async run({ isQuick, say }) {
    const nanomsg = await openNanomsgPair()
    if (typeof nanomsg === 'string') say(`${nanomsg}; its rows are missing`)
    const pairs = {
      rollcall: await openPair('tcp'),
      bare: await openPair('bare'),
      ...(typeof nanomsg !== 'string' && { 'libnanomsg in C': nanomsg }),
    }
    const [rounds, count] = isQuick ? [2, 10_000] : [10, 1_000_000]
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    for (const bytes of [1_024, 100]) {
      const contenders = Object.entries(pairs).map(([kind, pair]): Contender => ({ kind, pair, runs: [] }))
      await measure(contenders, rounds, count, bytes)
      const rateOf = (kind: string) =>
        median(rates(contenders.find((one) => one.kind === kind)?.runs ?? [], 'receiver', count))
      rows.push(...contenders.flatMap((one) => rowsOf(one, count, bytes)))
      verdicts.push(atLeast(`${bytes} B: rollcall by bare`, rateOf('rollcall') / rateOf('bare'), 0.9))
      if (typeof nanomsg !== 'string')
        verdicts.push(
          atLeast(`${bytes} B: rollcall by libnanomsg in C`, rateOf('rollcall') / rateOf('libnanomsg in C'), 3),
        )
    }
    for (const pair of Object.values(pairs)) await pair.close()
    return { rows, verdicts }
  },
}
