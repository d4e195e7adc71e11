// The roll as a pod sees it, and waiting for it to be what the cluster says.

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Fleet, RunningPod } from './fleet.ts'

/** Longest wait for anything: far beyond every bound, so that a slow machine does not decide. */
const patienceMs = 120_000
const pauseMs = 500

const rollSchema = z.object({
  instances: z.array(z.object({ id: z.string(), host: z.string(), state: z.string(), status: z.string() })),
})

/** Everyone of a name who is alive and passing, in the order of their ids. */
export async function readRoll(fleet: Fleet, service: string): Promise<readonly RunningPod[]> {
  const { instances } = rollSchema.parse(JSON.parse(await fleet.rollcall('services', service, '--json')))
  return instances
    .filter(({ state, status }) => state === 'alive' && status === 'passing')
    .map(({ id, host }) => ({ name: id, ip: host }))
    .toSorted(byName)
}

/** Waits until the roll is what the cluster runs, `size` of them, with their own addresses; gives them back. */
export async function untilTold(fleet: Fleet, service: string, size: number): Promise<readonly RunningPod[]> {
  return until(`${size} of ${service} on the roll`, async () => {
    const pods = (await fleet.pods(service)).toSorted(byName)
    const roll = await readRoll(fleet, service)
    const isTold = pods.length === size && JSON.stringify(pods) === JSON.stringify(roll)
    return isTold ? { found: roll } : { instead: `on the roll ${namesOf(roll)}, in the cluster ${namesOf(pods)}` }
  })
}

type Look<T> = { readonly found: T } | { readonly instead: string }

/** Looks until there is what is looked for; fails with what was there instead. */
export async function until<T>(what: string, look: () => Promise<Look<T>>): Promise<T> {
  const endsAtMs = performance.now() + patienceMs
  for (;;) {
    const looked = await look().catch((error: unknown): Look<T> => ({ instead: String(error) }))
    if ('found' in looked) return looked.found
    if (performance.now() > endsAtMs) throw new Error(`${what}: ${looked.instead}`)
    await sleep(pauseMs)
  }
}

function byName(a: RunningPod, b: RunningPod): number {
  return a.name < b.name ? -1 : 1
}

export function namesOf(pods: readonly RunningPod[]): string {
  return pods.map(({ name }) => name).join(', ')
}
