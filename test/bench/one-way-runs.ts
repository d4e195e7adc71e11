// Runs of pairs of processes, turn about, and what they come to.

import type { OneWayPair, OneWayRun } from './one-way-pair.ts'
import type { Row } from './scenario.ts'
import { median, spread } from './statistics.ts'

/** Runs by the name of the pair. */
export type OneWayRuns = ReadonlyMap<string, readonly OneWayRun[]>

export interface OneWayLoad {
  readonly rounds: number
  readonly count: number
  readonly bytes: number
}

/** The first round of each only warms up. */
export async function runInTurn(pairs: ReadonlyMap<string, OneWayPair>, load: OneWayLoad): Promise<OneWayRuns> {
  const runs = new Map([...pairs.keys()].map((kind): [string, OneWayRun[]] => [kind, []]))
  for (let round = 0; round < load.rounds; round += 1)
    for (const [kind, pair] of pairs) {
      const run = await pair.run(load.count, load.bytes)
      if (round > 0) runs.get(kind)?.push(run)
    }
  return runs
}

/** Messages a second at that end. */
function ratesAt(end: keyof OneWayRun, runs: readonly OneWayRun[], { count }: OneWayLoad): number[] {
  return runs.map((run) => (count * 1_000) / run[end].ms)
}

/** How many messages a second the receiver of one has, by how many that of the other has. */
export function compareReceivers(runs: OneWayRuns, kind: string, other: string, load: OneWayLoad): number {
  const rateOf = (name: string) => median(ratesAt('receiver', runs.get(name) ?? [], load))
  return rateOf(kind) / rateOf(other)
}

export function rowsOf(runs: OneWayRuns, load: OneWayLoad): Row[] {
  const ends = ['receiver', 'sender'] as const
  return [...runs].flatMap(([kind, ofKind]) =>
    ends.flatMap((end) => {
      const rates = ratesAt(end, ofKind, load)
      const cpuUs = ofKind.map((run) => (run[end].cpuMs * 1_000) / load.count)
      const what = `${load.bytes} B, ${kind}: ${end}`
      return [
        { what, value: median(rates), unit: '/s', spread: spread(rates), samples: rates.length },
        { what: `${what}, CPU of a message`, value: median(cpuUs), unit: 'µs', spread: spread(cpuUs) },
      ]
    }),
  )
}
