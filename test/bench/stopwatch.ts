// Time passed, and CPU time of this process, since a moment.

export interface Took {
  readonly ms: number
  readonly cpuMs: number
}

export function startStopwatch(): () => Took {
  const startedAtMs = performance.now()
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return { ms: performance.now() - startedAtMs, cpuMs: (user + system) / 1_000 }
  }
}
