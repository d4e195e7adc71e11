// What a soak measures, and of each series whether it rises by more than is tolerated. Pure.

import type { ProcessSample } from './children/probe.ts'
import type { Line, Sample } from './slope.ts'
import { fitSecondHalf, isLeak } from './slope.ts'

export interface TakenSample extends ProcessSample {
  /** Since the beginning, in seconds. */
  readonly atS: number
}

export interface Series {
  readonly name: string
  readonly unit: string
  readonly samples: readonly Sample[]
  readonly line: Line
  /** By which it may rise over the second half and be called level. */
  readonly toleratedRise: number
  readonly isLeak: boolean
}

interface Measure {
  readonly name: string
  readonly unit: string
  readonly read: (sample: ProcessSample) => number
  /** What the collector, the allocator or the machine does by themselves over half of a run; for a quick one, in which code is still compiled and
   * tables fill, more. */
  readonly toleratedRise: number
  readonly toleratedQuickRise: number
}

const MiB = 2 ** 20

const measures: readonly Measure[] = [
  {
    name: 'heap after collection',
    unit: 'MiB',
    read: ({ heapBytes }) => heapBytes / MiB,
    toleratedRise: 0.5,
    toleratedQuickRise: 20,
  },
  {
    name: 'resident memory',
    unit: 'MiB',
    read: ({ residentBytes }) => residentBytes / MiB,
    toleratedRise: 5,
    toleratedQuickRise: 80,
  },
  { name: 'sockets', unit: '', read: ({ sockets }) => sockets, toleratedRise: 2, toleratedQuickRise: 20 },
  { name: 'open files', unit: '', read: ({ files }) => files, toleratedRise: 2, toleratedQuickRise: 20 },
  { name: 'timers', unit: '', read: ({ timers }) => timers, toleratedRise: 2, toleratedQuickRise: 20 },
  {
    name: 'event-loop delay, 99th percentile',
    unit: 'ms',
    read: ({ delayMs }) => delayMs,
    toleratedRise: 5,
    toleratedQuickRise: 200,
  },
]

export function judge(taken: readonly TakenSample[], isQuick: boolean): Series[] {
  return measures.map(({ name, unit, read, toleratedRise, toleratedQuickRise }) => {
    const samples = taken.map((sample) => ({ atS: sample.atS, value: read(sample) }))
    const line = fitSecondHalf(samples)
    const tolerated = isQuick ? toleratedQuickRise : toleratedRise
    return { name, unit, samples, line, toleratedRise: tolerated, isLeak: isLeak(line, tolerated) }
  })
}
