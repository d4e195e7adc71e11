// The last rounds as bars: how many answered of those asked, who was missing, how long it took. Pure.

import type { Round } from '../daemon/wire.ts'
import { formatCount, formatMs, formatTime } from './format.ts'

export interface Bar {
  readonly round: Round
  /** Shares of the tallest bar, from the bottom up: who answered, then who did not. */
  readonly answered: number
  readonly missing: number
  /** Share of the longest round. */
  readonly duration: number
}

export function createBars(rounds: readonly Round[]): readonly Bar[] {
  const tallest = Math.max(1, ...rounds.map((round) => round.answered + countMissing(round)))
  const longest = Math.max(1, ...rounds.map(({ durationMs }) => durationMs))
  return rounds.map((round) => ({
    round,
    answered: round.answered / tallest,
    missing: countMissing(round) / tallest,
    duration: round.durationMs / longest,
  }))
}

/** Connections that gave no answer; where the engine cannot count who was asked, the instances that are known to be missing. */
export function countMissing({ asked, answered, missing }: Round): number {
  return asked === null ? missing.length : Math.max(0, asked - answered)
}

export function describeRound(round: Round): string {
  const asked = round.asked === null ? 'asked everyone' : `asked ${round.asked.toLocaleString('en')}`
  const parts = [`${formatCount(round.answered, 'answer')} in ${formatMs(round.durationMs)}`]
  const missing = countMissing(round)
  if (missing > 0) parts.push(`${missing.toLocaleString('en')} missing`)
  if (round.late > 0) parts.push(`${round.late.toLocaleString('en')} late`)
  if (round.isLagged) parts.push('the daemon itself was late: held against nobody')
  return `Round ${round.round.toLocaleString('en')} at ${formatTime(Date.parse(round.startedAt))}: ${asked}, ${parts.join(', ')}`
}
