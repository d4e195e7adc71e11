// The settings of a fleet at its defaults, for histories that a test writes by hand.

import type { RunSettings } from './history.ts'

export const exampleSettings: RunSettings = {
  intervalMs: 1_000,
  deadlineMs: 500,
  misses: 3,
  warmupMs: 3_000,
  freezeMs: 15_000,
  pipeEvents: true,
  slackMs: 50,
  earlyMs: 50,
  impairedMs: 2_000,
  settleMs: 5_000,
  recoverMs: 2_000,
  redialMs: 10_000,
}
