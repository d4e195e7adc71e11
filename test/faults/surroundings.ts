// What was going on around a moment of a history, in words: for whoever reads of a promise that was broken. Pure.

import type { FaultRecord, History, HistoryRecord } from './history.ts'
import { groupBy } from './group-by.ts'

type Timed = Exclude<HistoryRecord, { type: 'run' }>

/** So long before a moment things may still be felt. */
const beforeMs = 25_000
/** A crowd is not told one by one. */
const maxLines = 20

/** Faults that were open or had ended not long before, lives that began or ended, freezes and stalls, each with its times before the moment. */
export function describeSurroundings(history: History, atMs: number): readonly string[] {
  const near = history.filter((record): record is Timed => record.type !== 'run' && record.atMs <= atMs)
  const recent = near.filter((record) => record.atMs >= atMs - beforeMs)
  const since = (record: Timed) => `-${Math.round(atMs - record.atMs)} ms`
  const faults = groupBy(
    near.filter((record) => record.type === 'fault'),
    ({ fault }) => fault,
  )
  const isOver = (records: readonly FaultRecord[]) => {
    const last = records.at(-1)
    return last?.phase === 'ended' && last.atMs < atMs - beforeMs
  }
  const lives = recent.filter((record) => record.type === 'life')
  const frozen = recent.filter((record) => record.type === 'health').filter(({ isFrozen }) => isFrozen)
  const stalls = recent.filter((record) => record.type === 'stall')
  return [
    ...[...faults.values()]
      .filter((records) => !isOver(records))
      .map((records) => {
        const [first] = records
        const phases = records.map((record) => `${record.phase} ${since(record)}`).join(', ')
        return `${[first?.kind, ...(first?.hosts ?? [])].join(' ')}: ${phases}`
      }),
    ...[...groupBy(lives, ({ host }) => host)].map(([host, ofHost]) => {
      return `${host}: ${ofHost.map((life) => `${life.is} ${since(life)}`).join(', ')}`
    }),
    ...[...groupBy(frozen, ({ daemon }) => daemon)].map(([daemon, seen]) => {
      const ends = [seen[0], seen.at(-1)].flatMap((record) => (record ? [since(record)] : []))
      return `${daemon} was frozen ${ends.join(' to ')}`
    }),
    ...stalls.map(
      (stall) =>
        `${stall.daemon ?? 'who asks'} held up for ${Math.round(stall.atMs - stall.fromMs)} ms, ${since(stall)}`,
    ),
  ].slice(0, maxLines)
}
