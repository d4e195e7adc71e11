// Durations on the command line, read as everywhere (messaging/roll/duration.ts), and written for people.

import { InvalidArgumentError } from 'commander'
import { readDuration } from '../../messaging/roll/duration.ts'

/** Milliseconds; for an option of commander, which shows the message with the name of the option. */
export function readDurationMs(text: string): number {
  const read = readDuration(text)
  if ('ms' in read) return read.ms
  throw new InvalidArgumentError(`${read.reason[0]?.toUpperCase()}${read.reason.slice(1)}.`)
}

/** As short as it stays exact enough to read. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  const minutes = Math.floor(milliseconds / 60_000)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
