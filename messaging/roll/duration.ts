// Durations as people write them: 250ms, 2s, 1.5m. A bare number is refused, since half of its readers would take it for seconds
// and the other half for milliseconds.

const unitsMs: Readonly<Record<string, number>> = Object.freeze({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 })

/** More than a timer can hold would fire at once. */
const maxMs = 2 ** 31 - 1

export type DurationReading = { readonly ms: number } | { readonly reason: string }

/** Whole milliseconds, at least one. */
export function readDuration(text: string): DurationReading {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  const unitMs = unitsMs[match?.[2] ?? '']
  if (match === null || unitMs === undefined)
    return { reason: 'a duration is a number with a unit, such as 250ms, 2s or 1m' }
  const ms = Math.round(Number(match[1]) * unitMs)
  return ms < 1 || ms > maxMs ? { reason: 'a duration is between 1ms and 24 days' } : { ms }
}
