// Where a container is reached: by rule, so that the same container is always told at the same address. Pure.

import type { ContainerFacts } from './engine.ts'
import { readOrigin } from './origin.ts'

export interface AddressRule {
  /** The label rollcall.network: a network by its name, or by that in its compose file. */
  readonly wanted: string | undefined
  /** The networks of the watcher's own container; undefined where it runs in none. */
  readonly shared: ReadonlySet<string> | undefined
}

export type AddressChoice = { readonly host: string } | { readonly reason: string }

/** An empty host is that of the watcher itself, as each daemon sees it: right for a container on the network of the host. */
export function chooseAddress(container: ContainerFacts, { wanted, shared }: AddressRule): AddressChoice {
  if (container.isOnHost) return { host: '' }
  const { project } = readOrigin(container.labels)
  const networks = container.networks.filter(({ ip }) => ip !== '')
  const names = networks.map(({ name }) => name).join(', ')
  if (networks.length === 0) return { reason: 'it is on no network that could be reached' }
  if (wanted !== undefined) {
    const found =
      networks.find(({ name }) => name === wanted) ?? networks.find(({ name }) => name === `${project}_${wanted}`)
    return found ? { host: found.ip } : { reason: `it is not on the network ${wanted} but on ${names}` }
  }
  if (shared) {
    const found = networks.find(({ name }) => shared.has(name))
    if (found) return { host: found.ip }
    return {
      reason: `it shares no network with the watcher: it is on ${names}, the watcher on ${[...shared].join(', ')}`,
    }
  }
  const own = networks.find(({ name }) => name === `${project}_default`) ?? networks[0]
  return { host: own?.ip ?? '' }
}
