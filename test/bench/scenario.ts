// What a scenario is: it measures ours and the bare version of the same work, interleaved in one run, and says how they
// compare. Targets are reported and never asserted.

export interface RunChoices {
  /** A short form, to see that it works: fewer samples and sizes. */
  readonly isQuick: boolean
  /** Goes on with the results that are in the folder. */
  readonly isResumed?: boolean
  /** What is chosen of them is measured again. */
  readonly isRedone?: boolean
  /** Ends in Node write a CPU profile into the folder. */
  readonly isProfiled?: boolean
  /** Where results are kept that are more than a table. */
  readonly folder: string
  /** Of the systems beside ours, by name; default: all that are installed. */
  readonly only?: readonly string[]
  /** Of what is measured of them, what has one of these in its name; default: all. */
  readonly measure?: readonly string[]
}

export interface ScenarioOptions extends RunChoices {
  readonly say: (text: string) => void
}

export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** Interquartile range by median, or how many samples there are. */
  readonly spread?: number
  readonly samples?: number
}

export interface Result {
  /** What has to be known to read it: settings, and what was not measured. Printed first. */
  readonly notes?: readonly string[]
  readonly rows: readonly Row[]
  /** What is compared with its target, printed last. */
  readonly verdicts: readonly Verdict[]
}

export interface Verdict {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly target: string
  readonly isMet: boolean
}

export interface Scenario {
  readonly name: string
  readonly description: string
  /** Where it may take longer than others. */
  readonly timeoutMs?: number
  /** Of a comparison: what may be chosen, by name. */
  readonly compares?: { readonly peers: readonly string[]; measurements(isQuick: boolean): readonly string[] }
  run(options: ScenarioOptions): Promise<Result>
}

export function atMost(what: string, value: number, limit: number, unit = '×'): Verdict {
  return { what, value, unit, target: `at most ${limit}`, isMet: value <= limit }
}

export function atLeast(what: string, value: number, limit: number, unit = '×'): Verdict {
  return { what, value, unit, target: `at least ${limit}`, isMet: value >= limit }
}

export const noTarget = ''

/** What is of interest and has no figure to reach. */
export function reported(what: string, value: number, unit = '×'): Verdict {
  return { what, value, unit, target: noTarget, isMet: true }
}
