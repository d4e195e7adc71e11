// The one choice that every door makes: which provider of a name is handed out. DESIGN.md section 4, "What is handed out".

import type { Instance } from './instance.ts'

export interface ChoiceFilter {
  /** Only this zone. */
  readonly zone?: string
  /** This zone if it has anyone, else the others. */
  readonly near?: string
  /** All of these; `!tag` excludes. */
  readonly tags?: readonly string[]
  /** A semver range; an instance without a valid version never matches. */
  readonly version?: string
}

/** Outcomes are values: `UNKNOWN_SERVICE` never heard of, `NO_MATCH` emptied by a filter, `NONE_PASSING` all critical or draining. */
export type Choice =
  | { readonly outcome: 'PROVIDER'; readonly instance: Instance }
  | { readonly outcome: 'UNKNOWN_SERVICE' | 'NO_MATCH' | 'NONE_PASSING' }
