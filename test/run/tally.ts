// What came of the stages of a test run: tap's own totals read from its output, and the report of all of them.

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface StageResult {
  readonly name: string
  readonly minutes: number
  readonly tally: Tally
}

export interface ReportOptions {
  /** Where everything is expected to run, a skipped test is a failed one. */
  readonly isSkipFailure: boolean
}

/** The totals at the end of raw TAP output, as in `# { total: 8, pass: 5, fail: 1, skip: 2 }`. Output without them is that
 * of a tap that broke off, and one failure. */
export function readTally(tap: string): Tally {
  const totals = tap.match(/^# \{[^}]*\btotal: [^}]*\}/gm)?.at(-1)
  if (totals === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const read = (key: string): number => Number(new RegExp(`\\b${key}: (\\d+)`).exec(totals)?.[1] ?? 0)
  return { passed: read('pass'), failed: read('fail'), skipped: read('skip') + read('todo') }
}

export function isGreen(results: readonly StageResult[], options: ReportOptions): boolean {
  const { passed, failed } = addUp(results, options)
  return passed > 0 && failed === 0
}

/** A line for each stage, and last `N passed, N failed`. */
export function formatResults(results: readonly StageResult[], options: ReportOptions): string {
  const width = Math.max(...results.map(({ name }) => name.length))
  const lines = results.map(({ name, minutes, tally }) => {
    const counts = `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`
    return `${name.padEnd(width)}  ${minutes.toFixed(1)} min  ${counts}`
  })
  const total = addUp(results, options)
  if (total.skipped > 0) {
    const meaning = options.isSkipFailure ? ', which counts as failed here' : ''
    lines.push(`${total.skipped} skipped${meaning}`)
  }
  return ['', ...lines, `${total.passed} passed, ${total.failed} failed`].join('\n')
}

function addUp(results: readonly StageResult[], { isSkipFailure }: ReportOptions): Tally {
  const sum = (key: keyof Tally): number => results.reduce((total, { tally }) => total + tally[key], 0)
  const skipped = sum('skipped')
  return { passed: sum('passed'), failed: sum('failed') + (isSkipFailure ? skipped : 0), skipped }
}
