// A history comes back from disk as it was.

import t from 'tap'
import { join } from 'node:path'
import type { History } from './history.ts'
import { exampleSettings } from './example-settings.ts'
import { readHistory, runOf, writeHistory } from './history.ts'

t.test('a history is read from disk as it was written', async (t) => {
  const history: History = [
    { type: 'run', seed: 7, mode: 'docker', settings: exampleSettings },
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
