// Some providers who stay, an observer, and a process for those who come and go. Times are from when the provider begins, or is signalled,
// until the observer knows.

import type { Sample } from '../results.ts'
import type { Contender, Party } from './contender.ts'
import { setTimeout as delay } from 'node:timers/promises'

const soonMs = 30_000
/** The slowest takes two heartbeats of 30 s. */
const slowMs = 90_000

export interface Scene {
  readonly contender: Contender
  readonly observer: Party
  /** A process that is up, for those who come and go. */
  readonly comer: Party
}

/** Those who stay are in a process of their own, and nobody's name is ever empty. */
export async function openScene(contender: Contender, staying: number): Promise<Scene> {
  const observer = await contender.startParty()
  await observer.ask({ observe: true })
  const stayers = await contender.startParty()
  await stayers.ask({ provideAll: Array.from({ length: staying }, (_, i) => `stays-${i}`) })
  await observer.when({ complete: staying, withinMs: soonMs })
  return { contender, observer, comer: await contender.startParty() }
}

export async function joinAndLeave({ observer, comer }: Scene, id: string): Promise<Sample> {
  const startedAtMs = performance.now()
  const joinedMs = await comer.when({ provide: id })
  const joinMs = (await observer.when({ seen: id, withinMs: soonMs })) - joinedMs
  // So that it has come in full, and not on a beat of anybody.
  await delay(50 + Math.random() * 100)
  const leftMs = await comer.when({ leave: id })
  const leaveMs = (await observer.when({ unseen: id, withinMs: slowMs })) - leftMs
  return { joinMs, leaveMs, spentMs: performance.now() - startedAtMs }
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

/** One after the other, so that nobody takes it for a failure of the network; tells how long each was still in sight. */
export async function endVictims(
  { observer }: Scene,
  victims: ReadonlyMap<string, Party>,
  signal: 'SIGKILL' | 'SIGSTOP',
  onUnseen: (ms: number) => Promise<void>,
): Promise<void> {
  const waits: Promise<void>[] = []
  for (const [id, { child }] of victims) {
    const atMs = performance.timeOrigin + performance.now()
    child.signal(signal)
    const wait = observer.when({ unseen: id, withinMs: slowMs }).then((unseenMs) => onUnseen(unseenMs - atMs))
    waits.push(wait)
    await Promise.race([wait, delay(4_000)])
    await delay(Math.random() * 1_000)
  }
  await Promise.all(waits)
}
