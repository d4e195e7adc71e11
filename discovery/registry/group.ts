// What instances belong to: a service, a cluster or a topic. The three have names of their own, so that `answer` the service and
// `answer` the cluster live side by side. Pure.

import type { Provider } from './instance.ts'

/** The key of a group. A service's is its name, as every door asks for it; no name has a colon in it. */
export function groupOf({ kind, service }: Pick<Provider, 'kind' | 'service'>): string {
  return kind === 'service' ? service : `${kind}:${service}`
}

export function isService(group: string): boolean {
  return !group.includes(':')
}
