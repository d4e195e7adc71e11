// What the daemons of every fleet under faults are set to: their own defaults, on our engine, which tells of pipes.

import type { RunSettings } from './history.ts'
import { daemonDefaults } from '../../discovery/daemon-options.ts'

const { intervalMs, deadlineMs, misses, warmupMs, freezeMs } = daemonDefaults

export const daemonSettings = Object.freeze({
  intervalMs,
  deadlineMs,
  misses,
  warmupMs,
  freezeMs,
  pipeEvents: true,
}) satisfies Partial<RunSettings>
