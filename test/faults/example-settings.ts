// The settings of a fleet at its defaults, for histories that a test writes by hand.

import type { RunSettings } from './history.ts'
import { daemonSettings } from './daemon-settings.ts'

export const exampleSettings: RunSettings = {
  ...daemonSettings,
  slackMs: 50,
  earlyMs: 50,
  impairedMs: 2_000,
  settleMs: 5_000,
  recoverMs: 2_000,
  redialMs: 10_000,
}
