// The harness works: a short form of some scenarios runs to its end, counts every answer, and compares with the bare version. What it
// measures is nobody's business here.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Result, Scenario } from './scenario.ts'
import { runScenarios } from './run-scenarios.ts'
import { atMost } from './scenario.ts'

async function runBench(...args: string[]) {
  const child = spawn(process.execPath, ['dist/test/bench/main.js', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  const [code]: unknown[] = await once(child, 'close')
  return { code, output }
}

t.test('a scenario is measured beside the bare version, and written down', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'results.json')
  const names = ['survey-round', 'connect-resolvable', 'one-way', 'tunnel', 'publish']
  const { code, output } = await runBench('--quick', '--json', file, ...names)
  t.equal(code, 0, output)
  const { machine, results } = Object(JSON.parse(await readFile(file, 'utf8')))
  t.match(machine, { node: process.version, date: /^\d{4}-/ })
  t.same(new Set(Object.keys(results)), new Set(names))
  for (const { rows, verdicts } of Object.values<{ rows: { value: number }[]; verdicts: object[] }>(results)) {
    t.ok(rows.length > 0 && verdicts.length > 0)
    for (const { value } of rows) t.ok(value > 0)
  }
  t.match(output, /ratio or bound/)
})

t.test('a scenario that fails, or never ends, is told of, and the others run', async (t) => {
  const lines: string[] = []
  const result: Result = { rows: [], verdicts: [atMost('figure', 2, 1)] }
  const runs = [() => Promise.reject(new Error('no luck')), () => new Promise<Result>(() => {}), async () => result]
  const scenarios = runs.map((run, at): Scenario => ({ name: `scenario-${at}`, description: '', run }))
  const options = { isQuick: true, folder: '', timeoutMs: 10, print: (line: string) => void lines.push(line) }
  t.same(await runScenarios(scenarios, options), {
    results: { 'scenario-2': result },
    failures: { 'scenario-0': 'no luck', 'scenario-1': 'not done within 0.01 s' },
  })
  t.match(lines.join('\n'), /FAILED: no luck[^]*\| figure \| 2 × \| at most 1 \| MISSED \|/)
})
