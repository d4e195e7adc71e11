// Who is alive on the roll of a daemon of the fleet, by address.

import { z } from 'zod'

const list = z.object({ instances: z.array(z.object({ id: z.string(), address: z.string(), state: z.string() })) })

/** Ids by address; of a daemon that cannot be asked, or does not know yet, nobody. */
export async function readAlive(host: string, services: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const lists = await Promise.all(services.map((service) => readList(`http://${host}:8500/services/${service}`)))
  return new Map(lists.flat().flatMap(({ id, address, state }) => (state === 'alive' ? [[address, id]] : [])))
}

async function readList(url: string): Promise<z.output<typeof list>['instances']> {
  try {
    return list.safeParse(await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).json()).data?.instances ?? []
  } catch {
    return []
  }
}
