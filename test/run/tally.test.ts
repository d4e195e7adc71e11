import t from 'tap'
import { formatResults, isGreen, readTally } from './tally.ts'
import type { StageResult } from './tally.ts'

const unit: StageResult = { name: 'unit', minutes: 0.52, tally: { passed: 40, failed: 0, skipped: 0 } }
const interop: StageResult = { name: 'interop', minutes: 1, tally: { passed: 7, failed: 0, skipped: 2 } }

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

t.test('a run of nothing is not green', async (t) => {
  t.equal(isGreen([], { isSkipFailure: false }), false)
})

t.test('one failure anywhere fails the run', async (t) => {
  const failed = { name: 'e2e', minutes: 3, tally: { passed: 9, failed: 1, skipped: 0 } }
  t.equal(isGreen([unit, failed], { isSkipFailure: false }), false)
})
