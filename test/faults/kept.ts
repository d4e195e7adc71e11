// Schedules that once broke a promise, each as short as it can be. A test plays them: what was found once is found again.

import type { PlannedFault } from './schedule.ts'

export interface KeptCase {
  /** What it found. */
  readonly found: string
  readonly seed: number
  readonly lengthMs: number
  readonly faults: readonly PlannedFault[]
}

export const keptCases: readonly KeptCase[] = [
  {
    found:
      'a pipe that a lost network left hanging spoke for a process that was killed, which was handed out until the next round',
    seed: 1,
    lengthMs: 50_000,
    faults: [
      { kind: 'disconnect', atMs: 10_000, durationMs: 1_000, hosts: ['d1'], amount: 0 },
      { kind: 'kill', atMs: 40_000, durationMs: 8_000, hosts: ['web-1'], amount: 0 },
      { kind: 'kill', atMs: 42_000, durationMs: 8_000, hosts: ['answer-1'], amount: 0 },
    ],
  },
  {
    found:
      'a respondent that once heard nothing for ten seconds took half a minute to find out that its connection was dead',
    seed: 21,
    lengthMs: 98_000,
    faults: [
      { kind: 'one-way', atMs: 29_099, durationMs: 10_025, hosts: ['d2', 'answer-1'], amount: 0 },
      { kind: 'disconnect', atMs: 46_611, durationMs: 7_585, hosts: ['d2'], amount: 0 },
    ],
  },
]
