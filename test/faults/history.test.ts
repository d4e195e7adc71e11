// A history comes back from disk as it was.

import t from 'tap'
import { join } from 'node:path'
import type { History } from './history.ts'
import { readHistory, runOf, writeHistory } from './history.ts'

const settings = {
  intervalMs: 1_000,
  deadlineMs: 500,
  misses: 3,
  warmupMs: 3_000,
  freezeMs: 15_000,
  pipeEvents: true,
  slackMs: 50,
  impairedMs: 2_000,
  settleMs: 5_000,
  recoverMs: 2_000,
  redialMs: 10_000,
}

t.test('a history is read from disk as it was written', async (t) => {
  const history: History = [
    { type: 'run', seed: 7, mode: 'docker', settings },
    { type: 'life', atMs: 1, host: 'discovery', is: 'up' },
    { type: 'fault', atMs: 2, fault: 1, kind: 'one-way', phase: 'begun', hosts: ['web', 'discovery'] },
  ]
  const path = join(t.testdir(), 'history.jsonl')
  writeHistory(path, history)
  t.same(readHistory(path), history)
  t.equal(runOf(readHistory(path)).seed, 7)
})

t.test('what is no history is refused', async (t) => {
  const path = join(t.testdir({ 'history.jsonl': '{"type":"life","atMs":"soon"}\n' }), 'history.jsonl')
  t.throws(() => readHistory(path))
  t.throws(() => runOf([]))
})
