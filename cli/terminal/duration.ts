// Durations as people write them on a command line: 250ms, 2s, 1.5m. A bare number is refused, since half of its
// readers would take it for seconds and the other half for milliseconds.

import { InvalidArgumentError } from 'commander'

const unitsMs: Readonly<Record<string, number>> = Object.freeze({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 })

/** More than a timer can hold would fire at once. */
const maxMs = 2 ** 31 - 1

/** Milliseconds; for an option of commander, which shows the message with the name of the option. */
export function readDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  const unitMs = unitsMs[match?.[2] ?? '']
  if (match === null || unitMs === undefined) {
    throw new InvalidArgumentError('A duration is a number with a unit, such as 250ms, 2s or 1m.')
  }
  const milliseconds = Number(match[1]) * unitMs
  if (milliseconds < 1 || milliseconds > maxMs) throw new InvalidArgumentError('A duration is between 1ms and 24 days.')
  return Math.round(milliseconds)
}

/** As short as it stays exact enough to read. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  const minutes = Math.floor(milliseconds / 60_000)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
