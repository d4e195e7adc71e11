// What is told beside a broken promise.

import t from 'tap'
import type { FaultRecord, History } from './history.ts'
import { exampleSettings } from './example-settings.ts'
import { describeSurroundings } from './surroundings.ts'

const fault: Omit<FaultRecord, 'phase' | 'atMs'> = { type: 'fault', fault: 1, kind: 'pause', hosts: ['web'] }
const health = { roundTripMs: 1, conflicts: 0, refusedLines: 0, slowReadersCutOff: 0, isReady: true } as const
const history: History = [
  { type: 'run', seed: 1, mode: 'docker', settings: exampleSettings },
  { ...fault, fault: 0, atMs: 1_000, phase: 'beginning' },
  { ...fault, fault: 0, atMs: 2_000, phase: 'ended' },
  { ...fault, atMs: 58_000, phase: 'beginning' },
  { ...fault, atMs: 58_500, phase: 'begun' },
  { type: 'life', atMs: 59_000, host: 'web', is: 'up' },
  { type: 'health', atMs: 59_200, daemon: 'd1', isFrozen: true, ...health },
  { type: 'stall', fromMs: 59_300, atMs: 59_600 },
  { ...fault, atMs: 61_000, phase: 'ended' },
]

t.test(
  'what was going on around a moment is told with its distance, and what came later or is long over is not',
  async (t) => {
    t.same(describeSurroundings(history, 60_000), [
      'pause web: beginning -2000 ms, begun -1500 ms',
      'web: up -1000 ms',
      'd1 was frozen -800 ms to -800 ms',
      'who asks held up for 300 ms, -400 ms',
    ])
    t.same(describeSurroundings(history, 500), [])
  },
)
