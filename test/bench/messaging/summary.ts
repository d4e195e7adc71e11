// Medians with spread of what has been measured, and how ours stands beside the others.

import type { Verdict } from '../scenario.ts'
import type { Measurement } from './measurements.ts'
import type { ComparisonResults } from '../results.ts'
import { valuesOf } from '../results.ts'
import { atLeast } from '../scenario.ts'
import { median, spread } from '../statistics.ts'

export interface Figure {
  readonly value: number
  readonly spread: number
  readonly samples: number
}

/** Nothing where it was not measured in each run: a rate that is held only now and then is not held. */
export function figureOf(results: ComparisonResults, key: string, peer: string, name: string): Figure | undefined {
  const samples = results.samples[key]?.[peer] ?? []
  const values = valuesOf(results, key, peer, name)
  if (values.length === 0 || values.length < samples.length) return undefined
  return { value: median(values), spread: spread(values), samples: values.length }
}

const limit = 'bare sockets'
const ours = 'rollcall'

/** Ours by the best of the others, which the limit is not among; and by nanomsg in C, one way. */
export function verdictsOf(results: ComparisonResults, measurements: readonly Measurement[]): Verdict[] {
  return measurements.flatMap(({ key, group }): Verdict[] => {
    if (group === 'latency')
      return ['p50', 'p99'].flatMap((name) => {
        const ratio = ratioToBest(results, key, name, Math.min)
        return ratio === undefined ? [] : [atLeast(`${key}, ${name}: the best of the others by ours`, 1 / ratio, 1)]
      })
    const ratio = ratioToBest(results, key, 'rate', Math.max)
    const verdicts = ratio === undefined ? [] : [atLeast(`${key}: ours by the best of the others`, ratio, 1)]
    const inC = figureOf(results, key, 'nanomsg in C', 'rate')
    const mine = figureOf(results, key, ours, 'rate')
    if (group === 'one way' && inC && mine)
      verdicts.push(atLeast(`${key}: ours by nanomsg in C`, mine.value / inC.value, 3))
    return verdicts
  })
}

function ratioToBest(
  results: ComparisonResults,
  key: string,
  name: string,
  best: (...values: number[]) => number,
): number | undefined {
  const mine = figureOf(results, key, ours, name)
  const others = Object.keys(results.samples[key] ?? {})
    .filter((peer) => peer !== ours && peer !== limit)
    .flatMap((peer) => figureOf(results, key, peer, name)?.value ?? [])
  return mine && others.length > 0 ? mine.value / best(...others) : undefined
}
