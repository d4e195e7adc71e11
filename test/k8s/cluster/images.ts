// The images of the fleet, made on this machine's Docker engine under tags of their own. A cluster elsewhere has to be given them.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const options = { env: { ...process.env, DOCKER_BUILDKIT: '1' }, maxBuffer: 64 * 1024 * 1024 }

export const images = Object.freeze({ rollcall: 'rollcall:test-k8s', nginx: 'rollcall-nginx:test-k8s' })

/** In place of those that the manifests name. */
export const localImages = [
  { name: 'rollcall', newName: 'rollcall', newTag: 'test-k8s' },
  { name: 'nginxinc/nginx-unprivileged', newName: 'rollcall-nginx', newTag: 'test-k8s' },
]

export async function buildImages(): Promise<void> {
  await run('docker', ['build', '--quiet', '--file', 'docker/Dockerfile', '--tag', images.rollcall, '.'], options)
  const folder = 'test/k8s/cluster'
  const file = `${folder}/nginx.Dockerfile`
  await run('docker', ['build', '--quiet', '--file', file, '--tag', images.nginx, folder], options)
}

export async function removeImages(): Promise<void> {
  await run('docker', ['rmi', '--force', images.rollcall, images.nginx], options)
}
