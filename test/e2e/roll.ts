// A daemon's roll as a user sees it over HTTP, and waiting for it to become what a test expects.

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

const instances = z.object({
  instances: z.array(
    z.object({
      id: z.string(),
      address: z.string(),
      host: z.string(),
      state: z.enum(['alive', 'suspect']),
      misses: z.number(),
    }),
  ),
})
const rounds = z.object({
  rounds: z.array(z.object({ round: z.number(), missing: z.array(z.string()), isLagged: z.boolean() })),
})

export type RollInstance = z.infer<typeof instances>['instances'][number]

/** Everyone of a name, suspects included; nobody where the daemon knows of none or cannot be asked. */
export async function readInstances(url: string, service: string): Promise<readonly RollInstance[]> {
  const body = await readBody(`${url}/services/${service}`)
  return instances.safeParse(body).data?.instances ?? []
}

export async function readAliveIds(url: string, service: string): Promise<string[]> {
  const all = await readInstances(url, service)
  return all.flatMap(({ id, state }) => (state === 'alive' ? [id] : [])).toSorted()
}

/** Numbers of the rounds after this one that the instance missed, of those that count. */
export async function readMissedRounds(url: string, instance: string, afterRound: number): Promise<number[]> {
  const body = await readBody(`${url}/rounds`)
  const all = rounds.safeParse(body).data?.rounds ?? []
  return all.flatMap(({ round, missing, isLagged }) =>
    round > afterRound && !isLagged && missing.includes(instance) ? [round] : [],
  )
}

export async function readRound(url: string): Promise<number> {
  const response = await fetch(`${url}/health`)
  await response.body?.cancel()
  return Number(response.headers.get('rollcall-round') ?? Number.NaN)
}

async function readBody(url: string): Promise<unknown> {
  try {
    return await (await fetch(url)).json()
  } catch {
    // A daemon that is away says nothing: as much as one that knows of nobody, for whoever waits for somebody.
    return undefined
  }
}

/** Longest wait for anything: far beyond every bound, so that a slow machine does not decide. */
const patienceMs = 60_000

/** Asks again until the answer is the expected one, and fails with the last. */
export async function until<T>(what: string, read: () => Promise<T>, isExpected: (value: T) => boolean): Promise<T> {
  const endsAtMs = performance.now() + patienceMs
  for (;;) {
    const value = await read()
    if (isExpected(value)) return value
    if (performance.now() > endsAtMs) throw new Error(`${what}: still ${JSON.stringify(value)}`)
    await sleep(50)
  }
}

export async function untilAlive(url: string, service: string, ids: readonly string[]): Promise<void> {
  const expected = JSON.stringify(ids.toSorted())
  await until(
    `${service} at ${url} to be ${expected}`,
    () => readAliveIds(url, service),
    (found) => JSON.stringify(found) === expected,
  )
}

export async function untilCount(url: string, service: string, count: number): Promise<void> {
  await until(
    `${count} of ${service} alive at ${url}`,
    () => readAliveIds(url, service),
    (ids) => ids.length === count,
  )
}
