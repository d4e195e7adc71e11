// The images that the fleet takes from a registry. Where none can be reached, and only there, they are made of Debian's packages.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Stages of stand-ins.Dockerfile, by the names that compose.yaml and docker/Dockerfile give to the images. */
export const images = Object.freeze({ nginx: 'nginx:1.28', redis: 'redis:7-bookworm', haproxy: 'haproxy:3.0' })

/** A registry that can be reached has sent one of them by then. */
const pullTimeoutMs = 120_000

export async function provideImages(): Promise<void> {
  for (const [stage, image] of Object.entries(images)) {
    if ((await has(image)) || (await succeeds(['pull', '--quiet', image], pullTimeoutMs))) continue
    await buildStandIn(stage, image)
  }
}

export async function buildStandIn(stage: string, image: string): Promise<void> {
  const file = 'test/e2e/stand-ins.Dockerfile'
  await run('docker', ['build', '--quiet', '--file', file, '--target', stage, '--tag', image, 'test/e2e'])
}

function has(image: string): Promise<boolean> {
  return succeeds(['image', 'inspect', image], pullTimeoutMs)
}

function succeeds(args: readonly string[], timeoutMs: number): Promise<boolean> {
  return run('docker', args, { timeout: timeoutMs }).then(
    () => true,
    () => false,
  )
}
