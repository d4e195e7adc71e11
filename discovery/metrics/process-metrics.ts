// What this process uses, under the names that dashboards for Node know. Nothing is measured between two questions but the delay of the
// event loop, whose values are those since the last question.

import { readdirSync } from 'node:fs'
import type { IntervalHistogram } from 'node:perf_hooks'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Registry } from 'prom-client'
import { addCounter, addGauge } from './scraped.ts'

const resolutionMs = 20
const nanosecondsPerSecond = 1e9
const microsecondsPerSecond = 1e6

/** The function that comes back stops what measures. */
export function addProcessMetrics(registry: Registry): () => void {
  const registers: [Registry] = [registry]
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  addGauge(
    {
      registers,
      name: 'rollcall_event_loop_delay_seconds',
      help: 'How late the event loop was since the last scrape, by quantile; 1 is the worst',
      labelNames: ['quantile'],
    },
    () => takeQuantiles(delay),
  )
  addCounter({ registers, name: 'process_cpu_seconds_total', help: 'CPU time of this process in seconds' }, () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / microsecondsPerSecond
  })
  addGauge({ registers, name: 'process_start_time_seconds', help: 'Start of this process in seconds since 1970' }, () =>
    Math.round(Date.now() / 1_000 - process.uptime()),
  )
  addGauge({ registers, name: 'process_resident_memory_bytes', help: 'Memory that is held in RAM' }, () =>
    process.memoryUsage.rss(),
  )
  addGauge({ registers, name: 'nodejs_heap_size_used_bytes', help: 'Memory of JavaScript objects' }, () => {
    return process.memoryUsage().heapUsed
  })
  addGauge(
    { registers, name: 'process_open_fds', help: 'Open files and sockets, where the system tells' },
    countOpenFiles,
  )
  return () => void delay.disable()
}

function takeQuantiles(delay: IntervalHistogram) {
  // What is recorded is the time between two looks; what is late of it is the rest.
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / nanosecondsPerSecond - resolutionMs / 1_000)
  const samples = [50, 90, 99, 100].map((percentile) => ({
    labels: { quantile: String(percentile / 100) },
    value: delay.count === 0 ? 0 : late(delay.percentile(percentile)),
  }))
  delay.reset()
  return samples
}

function countOpenFiles() {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    // Not Linux: told of by leaving it out.
    return []
  }
}
