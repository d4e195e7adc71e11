// What is seen while one schedule is played, in the order in which it was, from all who see: this process and that of the clients.

import type { FaultKind, FaultRecord, History, HistoryRecord, LifeRecord, RunRecord } from '../history.ts'

/** The phases of one fault, each told as it comes. */
export type TellPhase = (phase: FaultRecord['phase'], cameTo?: string) => void

export interface Recorder {
  /** Milliseconds since the schedule began. */
  nowMs(): number
  add(record: HistoryRecord): void
  life(record: Omit<LifeRecord, 'type' | 'atMs'>, atMs?: number): void
  fault(kind: FaultKind, hosts: readonly string[], amount: number): TellPhase
  history(): History
}

/** `startedAtMs`: since 1970, for all who record. */
export function createRecorder(run: Omit<RunRecord, 'type'>, startedAtMs: number): Recorder {
  const records: HistoryRecord[] = []
  let faults = 0
  const nowMs = () => sinceMs(startedAtMs)
  const add = (record: HistoryRecord) => void records.push(record)
  return {
    nowMs,
    add,
    life: (record, atMs = nowMs()) => add({ type: 'life', atMs, ...record }),
    fault(kind, hosts, amount) {
      faults += 1
      const fault = { type: 'fault' as const, fault: faults, kind, hosts: [...hosts], amount }
      return (phase, cameTo) => add({ ...fault, atMs: nowMs(), phase, ...(cameTo !== undefined && { cameTo }) })
    },
    history: () => [{ type: 'run', ...run }, ...sortByTime(records)],
  }
}

/** The same in each process of this machine. */
export function sinceMs(startedAtMs: number): number {
  return performance.timeOrigin + performance.now() - startedAtMs
}

/** What clients saw comes in bunches. */
function sortByTime(records: readonly HistoryRecord[]): HistoryRecord[] {
  const timeOf = (record: HistoryRecord) => (record.type === 'run' ? 0 : record.atMs)
  return records.toSorted((a, b) => timeOf(a) - timeOf(b))
}
