// The images that tests take from a registry. Where none can be reached, and only there, they are made of Debian's packages.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Stages of stand-ins.Dockerfile, by the names that tests give to the images. */
const images = Object.freeze({ redis: 'redis:7-bookworm' })

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
