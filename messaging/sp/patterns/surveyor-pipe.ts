// What a surveyor remembers of each respondent: how much it leaves unanswered, and what it answered last.

import type { Ask } from './survey-round.ts'
import { CarrierPipe } from './pattern-socket.ts'

/** Questions that a pipe may leave unanswered before it is asked rarely. */
const maxUnanswered = 3
/** How often a silent pipe is asked all the same, in milliseconds. */
const silentEveryMs = 5_000

export class SurveyorPipe extends CarrierPipe {
  /** Questions whose deadline has passed since its last answer. Those still open count for nothing: many may be. */
  unanswered = 0
  lastAskedMs = -Infinity
  /** How it stands with the latest question to it. */
  lastAsk: Ask | undefined
  /** The survey that it answered last: a second answer to it means that the pipe is *many*. */
  lastAnsweredId: number | undefined

  mayBeAsked(nowMs: number): boolean {
    return this.unanswered < maxUnanswered || nowMs - this.lastAskedMs >= silentEveryMs
  }
}
