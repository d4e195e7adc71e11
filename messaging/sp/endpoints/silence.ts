// How long a respondent waits for the next question before it takes its connection for dead: 5 s, and more where the
// surveyor is known to ask more rarely. Pure.

const leastMs = 5_000
const mostMs = 60_000
const rememberedGaps = 8
/** A surveyor may miss one of its own beats and a bit. */
const patience = 2.5
/** A gap up to this leaves the limit at the least. */
export const usualGapMs = leastMs / patience
/** Up to so much longer, by chance: a daemon that was paused is not dialled by its whole fleet in one instant. */
const spread = 0.2

export interface Silence {
  /** A question came, `gapMs` after the one before it on the same pipe. */
  heard(gapMs: number): void
  /** All gaps that are remembered are: others like them change nothing. */
  readonly isUsual: boolean
  /** How long the next gap may be. */
  readonly limitMs: number
}

export function createSilence(random: () => number): Silence {
  const stretch = 1 + spread * random()
  const gaps: number[] = []
  return {
    heard(gapMs) {
      gaps.push(gapMs)
      if (gaps.length > rememberedGaps) gaps.shift()
    },
    get isUsual() {
      return gaps.every((gap) => gap <= usualGapMs)
    },
    get limitMs() {
      return stretch * Math.min(mostMs, Math.max(leastMs, patience * medianOf(gaps)))
    },
  }
}

/** The lower one: a single long gap, as of a surveyor that was stopped or cut off, is a habit no longer than until the next question. */
function medianOf(gaps: readonly number[]): number {
  return gaps.toSorted((a, b) => a - b)[(gaps.length - 1) >> 1] ?? 0
}
