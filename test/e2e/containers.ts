// Single containers on a network of their own, for what the fleet of compose.yaml does not show, and images. All of it is gone when its test
// ends, but for the images `rollcall` and `rollcall-agent`.

import type { Container, ContainerCreateOptions } from 'dockerode'
import type { Test } from 'tap'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { docker, runCompose } from './fleet.ts'

/** The image `rollcall`, of what is in this folder. */
export async function buildImage(): Promise<void> {
  await runCompose('rollcall', {}, ['build', '--quiet', 'discovery-1'])
}

/** An image by this Dockerfile's text, without any other file of this folder; gone when its test ends. */
export async function buildFrom(t: Test, dockerfile: string, name: string): Promise<string> {
  const tag = `rollcall-e2e-${name}-${process.pid}`
  const building = promisify(execFile)('docker', ['build', '--quiet', '--tag', tag, '-'])
  building.child.stdin?.end(dockerfile)
  await building
  t.teardown(() => docker.getImage(tag).remove())
  return tag
}

/** The image `rollcall-agent`, for others to copy. */
export async function buildAgent(): Promise<void> {
  const args = ['build', '--quiet', '--file', 'docker/Dockerfile', '--target', 'agent', '--tag', 'rollcall-agent', '.']
  await promisify(execFile)('docker', args)
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
