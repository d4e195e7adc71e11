// Whether what was done to the fleet was felt by it: a fault that changes nothing tries no promise. Judged by what the history shows of the
// time of each fault and of the misses after it. Pure.

import type { FaultKind, History, HistoryRecord } from './history.ts'
import { boundsOf } from './bounds.ts'
import { groupBy } from './group-by.ts'
import { runOf } from './history.ts'
import { Truth } from './truth.ts'

export interface KindEffect {
  readonly kind: FaultKind
  readonly applied: number
  /** Of these, those that were felt. */
  readonly felt: number
}

interface Applied {
  readonly hosts: readonly string[]
  readonly amount: number
  /** What was recorded from its beginning on, until its last miss may have been counted. */
  readonly during: History
  readonly truth: Truth
}

/** No less is TCP's first wait before it sends again. */
const leastResendMs = 150
/** No clock drifts so much in a run. */
const leastStepMs = 30_000

const felt: Readonly<Record<FaultKind, (fault: Applied) => boolean>> = Object.freeze({
  kill: isSeen,
  pause: isSeen,
  disconnect: isSeen,
  'one-way': isSeen,
  'daemon-restart': isSeen,
  'engine-restart': isSeen,
  loss: (fault) => isSeen(fault) || maxRoundTripMs(fault) >= leastResendMs,
  delay: (fault) => isSeen(fault) || maxRoundTripMs(fault) >= fault.amount,
  'lost-answer': isSeen,
  'clock-step': ({ hosts, during }) => {
    const dates = during.flatMap((record) => {
      if (record.type !== 'health' || !hosts.includes(record.daemon)) return []
      return record.dateLessRunMs === undefined ? [] : [record.dateLessRunMs]
    })
    return Math.max(...dates) - Math.min(...dates) >= leastStepMs
  },
  'duplicate-id': ({ during }) => during.some((record) => record.type === 'health' && record.conflicts > 0),
  thundering({ amount, during }) {
    const joined = during.flatMap((record) => (record.type === 'watch' ? record.instances : []))
    return new Set(joined.map(({ address }) => address)).size >= amount / 2
  },
  'slow-reader': ({ during }) => hasRisen(during, ({ slowReadersCutOff }) => slowReadersCutOff),
  'forged-answer': ({ during }) => hasRisen(during, ({ refusedLines }) => refusedLines),
})

/** By kind, in the order in which they first came. */
export function measureEffects(history: History): readonly KindEffect[] {
  const truth = new Truth(history)
  const { goneMs } = boundsOf(runOf(history).settings, truth.providers.length)
  const faults = groupBy(truth.faults, ({ fault }) => fault)
  const kinds = groupBy(faults.values(), ([first]) => first?.kind)
  return [...kinds].flatMap(([kind, ofKind]) => {
    if (kind === undefined) return []
    const feltOnes = ofKind.filter((records) => {
      const [first] = records
      if (!first) return false
      if (records.some(({ cameTo }) => cameTo !== undefined)) return true
      const untilMs = (records.at(-1)?.atMs ?? first.atMs) + goneMs
      const during = history.filter((record) => timeOf(record) >= first.atMs && timeOf(record) <= untilMs)
      return felt[kind]({ hosts: first.hosts, amount: first.amount ?? 0, during, truth })
    })
    return [{ kind, applied: ofKind.length, felt: feltOnes.length }]
  })
}

function timeOf(record: HistoryRecord): number {
  return record.type === 'run' ? -Infinity : record.atMs
}

/** A watch told of one of them, or a daemon among them gave no answer, or doubted itself. */
function isSeen({ hosts, during, truth }: Applied): boolean {
  const addresses = new Set(truth.providers.filter(({ host }) => hosts.includes(host)).map(({ address }) => address))
  return during.some((record) => {
    if (record.type === 'watch') {
      const isChange = record.event !== 'snapshot' && record.event !== 'knowledge'
      const isOfDaemon = hosts.includes(record.daemon) && (record.event === 'suspected' || record.event === 'left')
      return isChange && (isOfDaemon || record.instances.some(({ address }) => addresses.has(address)))
    }
    if (record.type === 'lookup')
      return record.daemon !== undefined && hosts.includes(record.daemon) && record.answer.outcome === 'FAILED'
    return record.type === 'health' && hosts.includes(record.daemon) && (record.isFrozen || !record.isReady)
  })
}

function maxRoundTripMs({ during }: Applied): number {
  return Math.max(0, ...during.map((record) => (record.type === 'health' ? record.roundTripMs : 0)))
}

type Health = Extract<HistoryRecord, { type: 'health' }>

/** A count went up at one of the daemons. */
function hasRisen(during: History, count: (health: Health) => number): boolean {
  const healths = during.filter((record) => record.type === 'health')
  for (const ofDaemon of groupBy(healths, ({ daemon }) => daemon).values())
    if (ofDaemon.some((health, at) => at > 0 && count(health) > count(ofDaemon[at - 1] ?? health))) return true
  return false
}
