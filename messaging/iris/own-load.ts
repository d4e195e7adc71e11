// How busy this node is, told with each reply: the larger of the share of time that its event loop ran and the share of its cgroup's CPU
// quota that is used. Never the host's: in a container that is somebody else's business.

import { readFileSync } from 'node:fs'
import type { Clock } from '../sp/clock.ts'
import { createLoadGauge } from '../roll/load.ts'

/** A file's text, or undefined where it cannot be read. */
export type ReadText = (path: string) => string | undefined

/** As the event loop's own window: steady, and soon enough for a balancer. */
const windowMs = 500

export function createOwnLoad(clock: Clock, readText: ReadText = readSystemText): () => number {
  const eventLoop = createLoadGauge(clock)
  const cpu = createCpuGauge(clock, readText)
  return () => Math.max(eventLoop(), cpu())
}

/** Used share of the CPU quota, 0 to 1; 0 where there is no quota, as on a bare machine. */
export function createCpuGauge(clock: Clock, readText: ReadText): () => number {
  let since = readUsage(readText)
  let measuredAtMs = clock.nowMs()
  let share = 0
  return () => {
    const nowMs = clock.nowMs()
    const passedMs = nowMs - measuredAtMs
    if (passedMs < windowMs) return share
    const now = readUsage(readText)
    measuredAtMs = nowMs
    if (now && since) share = Math.min(1, Math.max(0, (now.usedMs - since.usedMs) / (passedMs * now.quotaCpus)))
    else share = 0
    since = now
    return share
  }
}

interface Usage {
  readonly usedMs: number
  /** CPUs that the cgroup may use; below 1 for a part of one. */
  readonly quotaCpus: number
}

function readUsage(readText: ReadText): Usage | undefined {
  const usage = readUsageV2(readText) ?? readUsageV1(readText)
  return usage && usage.quotaCpus > 0 && Number.isFinite(usage.usedMs / usage.quotaCpus) ? usage : undefined
}

/** cpu.max is `quota period` in microseconds, or `max period`. */
function readUsageV2(readText: ReadText): Usage | undefined {
  const [quota, period] = (readText('/sys/fs/cgroup/cpu.max') ?? '').split(/\s+/)
  const used = /^usage_usec (\d+)$/m.exec(readText('/sys/fs/cgroup/cpu.stat') ?? '')?.[1]
  if (quota === undefined || quota === 'max' || used === undefined) return undefined
  return { usedMs: Number(used) / 1_000, quotaCpus: Number(quota) / Number(period) }
}

/** The quota is -1 where there is none; usage is in nanoseconds. */
function readUsageV1(readText: ReadText): Usage | undefined {
  const quota = readText('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')
  const period = readText('/sys/fs/cgroup/cpu/cpu.cfs_period_us')
  const used = readText('/sys/fs/cgroup/cpu/cpuacct.usage') ?? readText('/sys/fs/cgroup/cpuacct/cpuacct.usage')
  if (quota === undefined || period === undefined || used === undefined) return undefined
  return { usedMs: Number(used) / 1e6, quotaCpus: Number(quota) / Number(period) }
}

function readSystemText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Another version of cgroups, or another system.
    return undefined
  }
}
