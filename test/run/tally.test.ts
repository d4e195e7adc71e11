import t from 'tap'
import { formatResults, isGreen, readFailures, readTally } from './tally.ts'
import type { StageResult } from './tally.ts'

const unit: StageResult = { name: 'unit', minutes: 0.52, tally: { passed: 40, failed: 0, skipped: 0 }, failures: [] }
const interop: StageResult = { name: 'interop', minutes: 1, tally: { passed: 7, failed: 0, skipped: 2 }, failures: [] }

t.test("tap's totals are read from the end of its output", async (t) => {
  const tap = 'ok 1 - a\n    # { total: 1, pass: 1 }\n# { total: 8, pass: 5, fail: 1, skip: 2 }\n# time=3ms\n'
  t.strictSame(readTally(tap), { passed: 5, failed: 1, skipped: 2 })
  t.strictSame(readTally('# { total: 6, pass: 6 }\n'), { passed: 6, failed: 0, skipped: 0 })
})

t.test('a test that is still to do counts as skipped', async (t) => {
  t.strictSame(readTally('# { total: 2, pass: 1, todo: 1 }'), { passed: 1, failed: 0, skipped: 1 })
})

t.test('output that breaks off is a failure', async (t) => {
  t.strictSame(readTally('ok 1 - a\nok 2 - b\n'), { passed: 0, failed: 1, skipped: 0 })
  t.strictSame(readTally(''), { passed: 0, failed: 1, skipped: 0 })
})

t.test('the last line is what passed and what failed', async (t) => {
  const lines = formatResults([unit, interop], { isSkipFailure: false }).split('\n')
  t.equal(lines.at(-1), '47 passed, 0 failed')
  t.match(lines, ['', /^unit +0\.5 min/, /^interop +1\.0 min +7 passed, 0 failed, 2 skipped$/])
})

t.test('what was skipped fails the run only where everything is expected to run', async (t) => {
  t.equal(isGreen([unit, interop], { isSkipFailure: false }), true)
  t.equal(isGreen([unit, interop], { isSkipFailure: true }), false)
  t.equal(formatResults([unit, interop], { isSkipFailure: true }).split('\n').at(-1), '47 passed, 2 failed')
})

t.test('each failed assertion is named once, under the tests that it stands in', async (t) => {
  const tap = `# Subtest: test/a.test.ts
    # Subtest: a test
        not ok 1 - should match
          ---
          source: not ok 7 - never
          ...
        ok 2 - fine
        1..2
    not ok 1 - a test # time=3ms
    # Subtest: another
        ok 1 - fine
    not ok 2 - another # time=9ms
not ok 1 - test/a.test.ts # time=25ms
ok 2 - test/b.test.ts
# { total: 4, pass: 2, fail: 2 }`
  const failures = readFailures(tap)
  t.strictSame(failures, ['test/a.test.ts > a test > should match', 'test/a.test.ts > another'])
  t.match(formatResults([{ ...unit, failures }], { isSkipFailure: false }), 'FAILED unit: test/a.test.ts > another\n')
})

t.test('a run of nothing is not green', async (t) => {
  t.equal(isGreen([], { isSkipFailure: false }), false)
})

t.test('one failure anywhere fails the run', async (t) => {
  const failed = { name: 'e2e', minutes: 3, tally: { passed: 9, failed: 1, skipped: 0 }, failures: [] }
  t.equal(isGreen([unit, failed], { isSkipFailure: false }), false)
})
