// Single containers on a network of their own, for what the fleet of compose.yaml does not show. Both are gone when their test ends.

import type { Container, ContainerCreateOptions } from 'dockerode'
import type { Test } from 'tap'
import { docker, runCompose } from './fleet.ts'

/** The image `rollcall`, of what is in this folder. */
export async function buildImage(): Promise<void> {
  await runCompose('rollcall', {}, ['build', '--quiet', 'discovery-1'])
}

export async function openNetwork(t: Test, name: string): Promise<string> {
  const network = await docker.createNetwork({ Name: `rollcall-e2e-${name}-${process.pid}` })
  t.teardown(() => network.remove())
  return `rollcall-e2e-${name}-${process.pid}`
}

export async function run(
  t: Test,
  network: string,
  options: ContainerCreateOptions,
  alias?: string,
): Promise<Container> {
  const container = await docker.createContainer({
    ...options,
    HostConfig: { ...options.HostConfig, NetworkMode: network },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: alias === undefined ? [] : [alias] } } },
  })
  t.teardown(() => container.remove({ force: true }))
  await container.start()
  return container
}
