// What came of the stages of a test run: tap's own totals and failures read from its output, and the report of all of them.

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface StageResult {
  readonly name: string
  readonly minutes: number
  readonly tally: Tally
  /** Where each failed assertion stands, as in `test/a.test.ts > a test > its message`. */
  readonly failures: readonly string[]
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

/** The failed assertions in raw TAP output, outermost name first. A test that failed without one, as by a timeout, stands for itself. */
export function readFailures(tap: string): string[] {
  const failures: string[] = []
  /** The subtests around the current line, each with the failures that had been found when it began. */
  const around: { name: string; before: number }[] = []
  for (const line of tap.split('\n')) {
    const [, indent = '', subtest, failed] =
      /^((?: {4})*)(?:# Subtest: (.+)|not ok \d+(?: - (.+?))?(?: # time=.*)?)$/.exec(line) ?? []
    const depth = indent.length / 4
    if (subtest !== undefined) around.splice(depth, around.length, { name: subtest, before: failures.length })
    else if (failed !== undefined && !(around[depth]?.name === failed && around[depth].before < failures.length)) {
      failures.push([...around.slice(0, depth).map(({ name }) => name), failed].join(' > '))
    }
  }
  return failures
}

export function isGreen(results: readonly StageResult[], options: ReportOptions): boolean {
  const { passed, failed } = addUp(results, options)
  return passed > 0 && failed === 0
}

/** What failed, a line for each stage, and last `N passed, N failed`. */
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
  const failures = results.flatMap((stage) => stage.failures.map((failure) => `FAILED ${stage.name}: ${failure}`))
  return ['', ...failures, ...lines, `${total.passed} passed, ${total.failed} failed`].join('\n')
}

function addUp(results: readonly StageResult[], { isSkipFailure }: ReportOptions): Tally {
  const sum = (key: keyof Tally): number => results.reduce((total, { tally }) => total + tally[key], 0)
  const skipped = sum('skipped')
  return { passed: sum('passed'), failed: sum('failed') + (isSkipFailure ? skipped : 0), skipped }
}
