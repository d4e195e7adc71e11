// So many providers in one process: what they cost while nothing changes, lookups, and a registry that starts anew under them.

import type { Sample } from '../results.ts'
import type { Contender, Party } from './contender.ts'
import type { RestMeasurement } from './measurements.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { readCpuMs } from './contender.ts'

const completeWithinMs = 90_000

export async function startProviders(contender: Contender, count: number): Promise<Party> {
  const providers = await contender.startParty()
  await providers.ask({ provideAll: Array.from({ length: count }, (_, i) => `p${i}`) })
  return providers
}

/** CPU of the server, all providers and an observer, in milliseconds a second; and lookups a second. */
export async function measureAtRest(
  contender: Contender,
  providers: Party,
  { count, seconds }: RestMeasurement,
): Promise<Sample> {
  const observer = await contender.startParty()
  await observer.ask({ observe: true })
  await observer.when({ complete: count, withinMs: completeWithinMs })
  await observer.ask({ lookUp: 200 })
  const { lookups } = await observer.ask({ lookUp: 1_000 })
  const cpu = async () => [
    await sumCpu(contender.server.pids),
    await readCpuMs(providers.child.pid),
    await readCpuMs(observer.child.pid),
  ]
  await delay(1_000)
  const before = await cpu()
  await delay(seconds * 1_000)
  const after = await cpu()
  await observer.child.kill()
  const perSecond = (at: number) => ((after[at] ?? 0) - (before[at] ?? 0)) / seconds
  return {
    lookups: Number(lookups),
    serverCpuMs: perSecond(0),
    providersCpuMs: perSecond(1),
    observerCpuMs: perSecond(2),
  }
}

/** The server dies and is started at once, and a new observer: until the server listens, and until the observer knows everyone. */
export async function measureRestart(contender: Contender, count: number): Promise<Sample> {
  const spentSinceMs = performance.now()
  // Its program is loaded; it has seen nothing yet.
  const observer = await contender.startParty()
  const { startedAtMs, listensAtMs } = await contender.server.restart()
  await observer.ask({ observe: true })
  const completeMs = await observer.when({ complete: count, withinMs: completeWithinMs })
  await observer.child.kill()
  // Not on a beat of anybody; and a connection has to have held for a while to count as one.
  await delay(2_000 + Math.random() * 1_000)
  return {
    listensMs: listensAtMs - startedAtMs,
    completeMs: completeMs - startedAtMs,
    spentMs: performance.now() - spentSinceMs,
  }
}

async function sumCpu(pids: readonly number[]): Promise<number> {
  let cpuMs = 0
  for (const pid of pids) cpuMs += await readCpuMs(pid)
  return cpuMs
}
