// A soak: a daemon as its users start it, in a process of its own, is asked what it holds again and again while its fleet churns; for each of what
// is measured it is judged whether it rises. Leaves printing and files to main.ts.

import type { ProcessSample } from './children/probe.ts'
import type { Series, TakenSample } from './judge.ts'
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { startDaemon } from '../bench/child.ts'
import { untilReady } from '../bench/http-poll.ts'
import { findFreePort } from '../fixtures/free-port.ts'
import { openChurn } from './churn.ts'
import { judge } from './judge.ts'

export interface SoakOptions {
  readonly durationMs: number
  readonly seed: number
  /** So short that what warms up may still do so: judged coarsely. */
  readonly isQuick: boolean
  readonly say: (text: string) => void
}

export interface SoakOutcome {
  readonly series: readonly Series[]
  readonly counts: Readonly<Record<string, number>>
  /** Of the daemon, as a share of the time. */
  readonly cpuShare: number
}

/** Enough for a line, and no more work than the daemon's own. */
const samplesPerRun = 150
const leastPauseMs = 1_000

export async function runSoak({ durationMs, seed, isQuick, say }: SoakOptions): Promise<SoakOutcome> {
  const [spPort, httpPort, dnsPort] = [await findFreePort(), await findFreePort(), await findFreePort()]
  const ports = { PORT: String(spPort), HTTP_PORT: String(httpPort), DNS_PORT: String(dnsPort) }
  const probe = new URL('./children/probe.js', import.meta.url).href
  const loopback = { HTTP_HOST: '127.0.0.1', DNS_HOST: '127.0.0.1' }
  const daemon = startDaemon({ ...ports, ...loopback }, ['--expose-gc', '--import', probe])
  const agent = new Agent({ keepAlive: true })
  await untilReady(agent, httpPort)
  agent.destroy()
  const churn = await openChurn({ spPort, httpPort, dnsPort, seed, isQuick })
  const pauseMs = Math.max(leastPauseMs, durationMs / samplesPerRun)
  const taken: TakenSample[] = []
  const startedAtMs = performance.now()
  while (performance.now() - startedAtMs < durationMs) {
    await sleep(pauseMs)
    const sample = readSample(await daemon.ask())
    taken.push({ ...sample, atS: (performance.now() - startedAtMs) / 1_000 })
    if (taken.length % 10 === 0) say(describe(taken.length, sample))
  }
  const counts = await churn.counts()
  await churn.close()
  await daemon.kill()
  const [first, last] = [taken[0], taken.at(-1)]
  const spentMs = (last?.cpuMs ?? 0) - (first?.cpuMs ?? 0)
  return { series: judge(taken, isQuick), counts, cpuShare: spentMs / 1_000 / ((last?.atS ?? 0) - (first?.atS ?? 0)) }
}

function readSample(message: Record<string, unknown>): ProcessSample {
  const numberOf = (name: keyof ProcessSample) => Number(message[name])
  return {
    heapBytes: numberOf('heapBytes'),
    residentBytes: numberOf('residentBytes'),
    sockets: numberOf('sockets'),
    timers: numberOf('timers'),
    files: numberOf('files'),
    delayMs: numberOf('delayMs'),
    cpuMs: numberOf('cpuMs'),
  }
}

function describe(count: number, { heapBytes, residentBytes, sockets, files, timers }: ProcessSample): string {
  const memory = `heap ${(heapBytes / 2 ** 20).toFixed(1)} MiB of ${(residentBytes / 2 ** 20).toFixed(0)}`
  return `${count} samples: ${memory}, ${sockets} sockets, ${files} files, ${timers} timers`
}
