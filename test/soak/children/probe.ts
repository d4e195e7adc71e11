// Loaded before a program that is measured (`node --import`), with --expose-gc: for each message, says what its process holds after a collection of
// garbage, and how late its event loop was since the last one. Changes nothing else.

import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface ProcessSample {
  readonly heapBytes: number
  readonly residentBytes: number
  /** TCP and UDP, connections and listeners. */
  readonly sockets: number
  readonly timers: number
  /** Open file descriptors, whatever they are. */
  readonly files: number
  /** 99th percentile, in milliseconds. */
  readonly delayMs: number
  /** CPU time since the start, in milliseconds. */
  readonly cpuMs: number
}

const resolutionMs = 10
const nanosecondsPerMs = 1e6

const delay = monitorEventLoopDelay({ resolution: resolutionMs })
delay.enable()

function takeSample(): ProcessSample {
  // Before the collection, which is late by itself.
  const delayMs = Math.max(0, delay.percentile(99) / nanosecondsPerMs - resolutionMs)
  const resources = process.getActiveResourcesInfo()
  for (let i = 0; i < 3; i += 1) globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  delay.reset()
  return {
    heapBytes: heapUsed + external,
    residentBytes: rss,
    sockets: resources.filter((name) => /^(?:TCP|UDP|TLS)/.test(name)).length,
    timers: resources.filter((name) => name === 'Timeout').length,
    files: readdirSync('/proc/self/fd').length,
    delayMs,
    cpuMs: (user + system) / 1_000,
  }
}

process.on('message', () => process.send?.(takeSample()))
