// The last rounds as people and programs look at them: who was asked, who answered, who was missing.

import type { RoundRecord } from './lookup/roll-reader.ts'

const kept = 100

export interface RoundLog {
  add(record: RoundRecord): void
  /** Oldest first. */
  all(): readonly RoundRecord[]
}

export function createRoundLog(): RoundLog {
  let records: readonly RoundRecord[] = []
  return {
    add(record) {
      records = [...records.slice(1 - kept), record]
    },
    all: () => records,
  }
}
