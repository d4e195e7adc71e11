// Scenarios one after the other. One that fails, or takes too long, is told of, what it left running is ended, and the others run.

import type { Result, RunChoices, Scenario } from './scenario.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { endChildren } from './child.ts'
import { noTarget } from './scenario.ts'

export interface RunOptions extends RunChoices {
  readonly print: (line: string) => void
  /** For one scenario. */
  readonly timeoutMs: number
}

export interface RunOutcome {
  /** By the names of scenarios. */
  readonly results: Readonly<Record<string, Result>>
  readonly failures: Readonly<Record<string, string>>
}

export async function runScenarios(scenarios: readonly Scenario[], options: RunOptions): Promise<RunOutcome> {
  const { print, timeoutMs, ...choices } = options
  const results: Record<string, Result> = {}
  const failures: Record<string, string> = {}
  for (const { name, description, ...scenario } of scenarios) {
    print(`\n## ${name}: ${description}\n`)
    try {
      const running = scenario.run({ ...choices, say: (text) => print(`  ${text}`) })
      const result = await inTime(running, scenario.timeoutMs ?? timeoutMs)
      results[name] = result
      printTables(result, print)
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error)
      failures[name] = failure
      print(`\nFAILED: ${failure}`)
      endChildren()
    }
  }
  return { results, failures }
}

async function inTime(running: Promise<Result>, timeoutMs: number): Promise<Result> {
  const over = new AbortController()
  const late = delay(timeoutMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`not done within ${timeoutMs / 1_000} s`)
  })
  try {
    return await Promise.race([running, late])
  } finally {
    // Whichever comes second has nobody to hear it.
    running.catch(() => {})
    late.catch(() => {})
    over.abort()
  }
}

function printTables({ notes = [], rows, verdicts }: Result, print: (line: string) => void): void {
  if (notes.length > 0) print(`\n${notes.map((note) => `- ${note}`).join('\n')}`)
  if (rows.length > 0) print('\n| measured | value | spread | samples |\n|---|---|---|---|')
  for (const { what, value, unit, spread, samples } of rows)
    print(`| ${what} | ${round(value)} ${unit} | ${spread === undefined ? '' : round(spread)} | ${samples ?? ''} |`)
  print('\n| ratio or bound | value | target | |\n|---|---|---|---|')
  for (const { what, value, unit, target, isMet } of verdicts) {
    const verdict = target === noTarget ? '' : isMet ? 'met' : 'MISSED'
    print(`| ${what} | ${round(value)} ${unit} | ${target} | ${verdict} |`)
  }
}

function round(value: number): string {
  return Number(value.toPrecision(3)).toString()
}
