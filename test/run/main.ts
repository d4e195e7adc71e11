// Runs the checks and tests of this project in order, whatever fails, and says at the end what came of them: minutes and
// counts per stage, and as its last line `N passed, N failed`. Arguments are the names of stages to run instead of all.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StageResult, Tally } from './tally.ts'
import { formatResults, isGreen, readFailures, readTally } from './tally.ts'

interface Stage {
  readonly name: string
  readonly command: readonly string[]
  /** Runs on tap and is counted by assertion; any other command counts as one. */
  readonly onTap?: true
}

const tapArguments = ['--reporter', process.stdout.isTTY ? 'terse' : 'min']

const stages: readonly Stage[] = [
  { name: 'format', command: ['prettier', '--check', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'dead-code', command: ['knip'] },
  { name: 'unit', command: ['tap'], onTap: true },
  // Half an hour of a fleet's life on the simulated network: half a minute of CPU.
  { name: 'faults', command: ['tap', '--timeout=600', 'test/faults/**/*.test.ts'], onTap: true },
  // A browser starts slowly on a busy machine.
  { name: 'interop', command: ['tap', '--timeout=600', 'test/interop/**/*.test.ts'], onTap: true },
  // Its short form, some seconds: that it measures, not what.
  { name: 'bench', command: ['tap', 'test/bench/**/*.test.ts'], onTap: true },
  // Likewise: that what leaks is found is tested with the units.
  { name: 'soak', command: ['tap', 'test/soak/soak.test.ts'], onTap: true },
  // One fleet at a time: the tests share two cores with its containers.
  { name: 'e2e', command: ['tap', '--jobs=1', '--timeout=600', 'test/e2e/**/*.test.ts'], onTap: true },
]

async function runStage(stage: Stage, folder: string): Promise<StageResult> {
  const startedAtMs = performance.now()
  const [program = '', ...given] = stage.command
  const tapFile = join(folder, `${stage.name}.tap`)
  const args = stage.onTap ? [...given, ...tapArguments, `--output-file=${tapFile}`] : given
  console.log(`\n== ${stage.name}: ${stage.command.join(' ')}`)
  const child = spawn(join('node_modules', '.bin', program), args, { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code]: unknown[] = await once(child, 'close')
  const tap = existsSync(tapFile) ? readFileSync(tapFile, 'utf8') : ''
  const tally = stage.onTap ? readTally(tap) : countOne(code === 0)
  // Tap may fail without a failed assertion, as when nothing was run.
  const failed = code === 0 ? tally.failed : Math.max(1, tally.failed)
  return {
    name: stage.name,
    minutes: (performance.now() - startedAtMs) / 60_000,
    tally: { ...tally, failed },
    failures: readFailures(tap),
  }
}

function countOne(isPassed: boolean): Tally {
  return { passed: isPassed ? 1 : 0, failed: isPassed ? 0 : 1, skipped: 0 }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !stages.some((stage) => stage.name === name))
if (unknown.length > 0) {
  console.error(`no such stage: ${unknown.join(', ')}; there are ${stages.map((stage) => stage.name).join(', ')}`)
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'))
const results: StageResult[] = []
try {
  for (const stage of stages) {
    if (wanted.length === 0 || wanted.includes(stage.name)) results.push(await runStage(stage, folder))
  }
} finally {
  rmSync(folder, { recursive: true })
}
// Who runs this in CI relies on everything: what was skipped there did not pass.
const isSkipFailure = (process.env['CI'] ?? '') !== ''
process.exitCode = isGreen(results, { isSkipFailure }) ? 0 : 1
console.log(formatResults(results, { isSkipFailure }))
