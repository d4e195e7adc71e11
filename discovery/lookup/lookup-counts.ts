// Lookups by door and outcome: one reader per door, each of which counts what is looked up through it. A lookup pays one increment.

import type { LookupOutcome, RollReader, WideLookupOutcome } from './roll-reader.ts'

export type OutcomeCounts = Record<LookupOutcome['outcome'], number>

export interface LookupCounts {
  /** The same reader for one door, whose lookups are counted from now on. Twice for one door counts together. */
  through(door: string, reader: RollReader): RollReader
  /** A door that answers without `lookup()` and `lookupAll()`, because it gives everyone of a name, counts here. */
  count(door: string, outcome: LookupOutcome['outcome']): void
  /** Since start, by door. */
  readonly byDoor: ReadonlyMap<string, Readonly<OutcomeCounts>>
}

export function createLookupCounts(): LookupCounts {
  const byDoor = new Map<string, OutcomeCounts>()

  function countsOf(door: string): OutcomeCounts {
    let counts = byDoor.get(door)
    if (!counts) {
      counts = { PROVIDER: 0, UNKNOWN_SERVICE: 0, NO_MATCH: 0, NONE_PASSING: 0, WARMING_UP: 0 }
      byDoor.set(door, counts)
    }
    return counts
  }

  return {
    byDoor,
    through(door, reader) {
      const counts = countsOf(door)
      // Everything else, that which changes included, stays the reader's own.
      const counted: RollReader = Object.create(reader)
      return Object.assign(counted, {
        lookup(...asked: Parameters<RollReader['lookup']>): LookupOutcome {
          const found = reader.lookup(...asked)
          counts[found.outcome] += 1
          return found
        },
        lookupAll(...asked: Parameters<RollReader['lookupAll']>): WideLookupOutcome {
          const found = reader.lookupAll(...asked)
          counts[found.outcome === 'PROVIDERS' ? 'PROVIDER' : found.outcome] += 1
          return found
        },
      })
    },
    count(door, outcome) {
      countsOf(door)[outcome] += 1
    },
  }
}
