// What is measured of each system. Times are from when the provider begins, or is signalled, until the observer knows.

import type { Contender, Party } from './contender.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { readCpuMs } from './contender.ts'

const soonMs = 30_000
/** The slowest takes two heartbeats of 30 s. */
const slowMs = 90_000

export interface Scene {
  readonly contender: Contender
  readonly observer: Party
  /** A process that is up, for those who come and go. */
  readonly comer: Party
}

/** With some who stay, in a process of their own: nobody's name is ever empty. */
export async function openScene(contender: Contender, staying: number): Promise<Scene> {
  const observer = await contender.startParty()
  await observer.ask({ observe: true })
  const stayers = await contender.startParty()
  await stayers.ask({ provideAll: Array.from({ length: staying }, (_, i) => `stays-${i}`) })
  await observer.when({ complete: staying, withinMs: soonMs })
  return { contender, observer, comer: await contender.startParty() }
}

export async function joinAndLeave(
  { observer, comer }: Scene,
  id: string,
): Promise<{ joinMs: number; leaveMs: number }> {
  const joinedMs = await comer.when({ provide: id })
  const joinMs = (await observer.when({ seen: id, withinMs: soonMs })) - joinedMs
  // So that it has come in full, and not on a beat of anybody.
  await delay(50 + Math.random() * 100)
  const leftMs = await comer.when({ leave: id })
  return { joinMs, leaveMs: (await observer.when({ unseen: id, withinMs: slowMs })) - leftMs }
}

/** Each in a process of its own, which then dies or stops. */
export async function startVictims(
  { contender, observer }: Scene,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Party>> {
  const victims = new Map<string, Party>()
  for (const id of ids) {
    const victim = await contender.startParty()
    await victim.ask({ provide: id })
    await observer.when({ seen: id, withinMs: soonMs })
    victims.set(id, victim)
  }
  return victims
}

/** One after the other, so that nobody takes it for a failure of the network; milliseconds until each is out of sight. */
export async function endVictims(
  { observer }: Scene,
  victims: ReadonlyMap<string, Party>,
  signal: 'SIGKILL' | 'SIGSTOP',
): Promise<number[]> {
  const waits: Promise<number>[] = []
  for (const [id, { child }] of victims) {
    const atMs = performance.timeOrigin + performance.now()
    child.signal(signal)
    const wait = once(observer, id, atMs)
    waits.push(wait)
    await Promise.race([wait, delay(4_000)])
    await delay(Math.random() * 1_000)
  }
  return Promise.all(waits)
}

async function once(observer: Party, id: string, sinceMs: number): Promise<number> {
  return (await observer.when({ unseen: id, withinMs: slowMs })) - sinceMs
}

export interface AtSize {
  /** CPU of the server, the providers and an observer, a second, while nothing changes. */
  readonly serverCpuMs: number
  readonly providersCpuMs: number
  readonly observerCpuMs: number
  readonly lookupsPerSecond: number
  /** The server is started again, and a new observer: until that knows everyone. */
  readonly restartMs: readonly number[]
}

export interface SizeOptions {
  readonly count: number
  readonly seconds: number
  readonly restarts: number
}

export async function measureAtSize(contender: Contender, { count, seconds, restarts }: SizeOptions): Promise<AtSize> {
  const providers = await contender.startParty()
  await providers.ask({ provideAll: Array.from({ length: count }, (_, i) => `p${i}`) })
  const observer = await contender.startParty()
  await observer.ask({ observe: true })
  await observer.when({ complete: count, withinMs: slowMs })
  await observer.ask({ lookUp: 200 })
  const { lookups } = await observer.ask({ lookUp: 1_000 })
  const cpu = () =>
    Promise.all([sumCpu(contender.server.pids), readCpuMs(providers.child.pid), readCpuMs(observer.child.pid)])
  await delay(1_000)
  const before = await cpu()
  await delay(seconds * 1_000)
  const after = await cpu()
  const perSecond = (at: number) => ((after[at] ?? 0) - (before[at] ?? 0)) / seconds
  await observer.child.kill()
  const restartMs: number[] = []
  for (let i = 0; i < restarts; i += 1) {
    restartMs.push(await restart(contender, count))
    await delay(1_000)
  }
  await providers.child.kill()
  return {
    serverCpuMs: perSecond(0),
    providersCpuMs: perSecond(1),
    observerCpuMs: perSecond(2),
    lookupsPerSecond: Number(lookups),
    restartMs,
  }
}

async function restart(contender: Contender, count: number): Promise<number> {
  // Its program is loaded; it has seen nothing yet.
  const observer = await contender.startParty()
  const sinceMs = await contender.server.restart()
  await observer.ask({ observe: true })
  const completeMs = await observer.when({ complete: count, withinMs: slowMs })
  await observer.child.kill()
  return completeMs - sinceMs
}

async function sumCpu(pids: readonly number[]): Promise<number> {
  let cpuMs = 0
  for (const pid of pids) cpuMs += await readCpuMs(pid)
  return cpuMs
}
