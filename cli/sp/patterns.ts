// The patterns that `rollcall sp` can be, and which ways messages go in each.

interface PatternTraits {
  /** Whether there must be something to send. */
  readonly speaks: 'must' | 'may' | 'never'
  readonly hears: boolean
}

export const patterns = Object.freeze({
  req: { speaks: 'must', hears: true },
  rep: { speaks: 'may', hears: true },
  pub: { speaks: 'must', hears: false },
  sub: { speaks: 'never', hears: true },
  push: { speaks: 'must', hears: false },
  pull: { speaks: 'never', hears: true },
  surveyor: { speaks: 'must', hears: true },
  respondent: { speaks: 'may', hears: true },
  bus: { speaks: 'may', hears: true },
  pair: { speaks: 'may', hears: true },
  pair1: { speaks: 'may', hears: true },
} as const satisfies Record<string, PatternTraits>)

export type PatternName = keyof typeof patterns
