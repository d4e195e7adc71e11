// The bounds of DESIGN.md, section 5, in milliseconds: stated there in rounds, and longer on an engine that tells nothing of pipes. Pure.

import type { RunSettings } from './history.ts'

export interface Bounds {
  /** Between the starts of two rounds. */
  readonly roundMs: number
  /** From the last answer of one that hangs until it is not handed out while an alternative is. */
  readonly suspectMs: number
  /** The same for one whose connection ended. */
  readonly closedMs: number
  /** From the last answer until it is off the roll, where removals are not frozen. */
  readonly goneMs: number
  /** Nobody is removed for silence that is shorter: what all the missed questions span. */
  readonly leastSilenceMs: number
  /** From the end of a freeze until everyone who is gone is off the roll. */
  readonly thawMs: number
}

/** A fifth of what is left of a roll may go in each round, and at least one. */
function roundsOfThaw(rollSize: number): number {
  let rounds = 0
  for (let left = rollSize; left > 0; left -= Math.max(1, Math.floor(left / 5))) rounds += 1
  return rounds
}

/** Of a roll that is never larger than `rollSize`. */
export function boundsOf(
  { intervalMs, deadlineMs, misses, pipeEvents, slackMs, earlyMs }: RunSettings,
  rollSize: number,
): Bounds {
  const roundMs = Math.max(intervalMs, deadlineMs)
  // Without pipe events nobody is asked again in between, and a round lasts its deadline whoever answers.
  const unseenRounds = pipeEvents ? 0 : 1
  const suspectMs = (1 + unseenRounds) * roundMs + deadlineMs + slackMs
  return {
    roundMs,
    suspectMs,
    closedMs: pipeEvents ? slackMs : suspectMs,
    goneMs: (misses + unseenRounds) * roundMs + deadlineMs + slackMs,
    leastSilenceMs: Math.max(0, (misses - 1) * roundMs - earlyMs),
    // The freeze ends between two rounds.
    thawMs: (roundsOfThaw(rollSize) + 1) * roundMs + slackMs,
  }
}
