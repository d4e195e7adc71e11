// The harness works: a short form of two scenarios runs to its end, counts every answer, and compares with the bare version. What it
// measures is nobody's business here.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

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
  const { code, output } = await runBench('--quick', '--json', file, 'survey-round', 'connect-resolvable')
  t.equal(code, 0, output)
  const { machine, results } = Object(JSON.parse(await readFile(file, 'utf8')))
  t.match(machine, { node: process.version, date: /^\d{4}-/ })
  t.same(Object.keys(results), ['survey-round', 'connect-resolvable'])
  for (const { rows, verdicts } of Object.values<{ rows: { value: number }[]; verdicts: object[] }>(results)) {
    t.ok(rows.length > 0 && verdicts.length > 0)
    for (const { value } of rows) t.ok(value > 0)
  }
  t.match(output, /ratio or bound/)
})

t.test('without a name it says what there is, and an unknown one is wrong use', async (t) => {
  t.match(await runBench(), { code: 0, output: /survey-round/ })
  t.match(await runBench('nonsense'), { code: 2, output: /no such scenario: nonsense/ })
})
