// The fleet of compose.yaml on a real Docker engine, under a project name and ports of its own. Promises that closing it
// leaves no container and no network behind; what is done to its containers is done through the engine's API.

import type { Container, ContainerCreateOptions, ContainerInspectInfo } from 'dockerode'
import { execFile } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { findFreePort } from '../fixtures/free-port.ts'
import { provideImages } from './stand-ins.ts'

const run = promisify(execFile)

export const docker = new Docker()

export interface Fleet {
  readonly project: string
  readonly network: string
  /** Where its first and second daemon answer. */
  readonly urls: readonly [string, string]
  /** `docker compose ARGS` on this fleet. */
  compose(...args: readonly string[]): Promise<string>
  container(service: string, number?: number): Promise<Container>
  close(): Promise<void>
}

/** Why there is nothing to test with, or undefined. */
export async function findMissingTool(): Promise<string | undefined> {
  try {
    await docker.ping()
  } catch {
    return 'no Docker engine answers on this machine'
  }
  const found = await run('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  )
  return found ? undefined : 'Docker Compose v2 is not installed'
}

/** Builds the image and starts everything; resolves when all containers run and the first daemon is healthy. */
export async function openFleet(
  name: string,
  env: Readonly<Record<string, string>> = {},
  files: readonly string[] = ['compose.yaml'],
): Promise<Fleet> {
  const project = `rollcall-e2e-${name}-${process.pid}`
  const [first, second] = [await findFreePort(), await findFreePort()]
  const composeEnv = {
    ...env,
    ROLLCALL_HTTP: String(first),
    ROLLCALL_HTTP_2: String(second),
    ROLLCALL_DNS: '0',
    ROLLCALL_DNS_2: '0',
  }
  const fleet: Fleet = {
    project,
    network: `${project}_default`,
    urls: [`http://127.0.0.1:${first}`, `http://127.0.0.1:${second}`],
    compose: (...args) => runCompose(project, composeEnv, [...files.flatMap((file) => ['-f', file]), ...args]),
    container: (service, number) => findContainer(project, service, number),
    async close() {
      await fleet.compose('down', '--timeout=0', '--volumes', '--remove-orphans')
    },
  }
  await provideImages()
  try {
    await fleet.compose('up', '--detach', '--build', '--quiet-pull')
  } catch (error) {
    await fleet.close()
    throw error
  }
  return fleet
}

/** By the labels of Compose. */
export async function findContainer(project: string, service: string, number = 1): Promise<Container> {
  const label = [
    `com.docker.compose.project=${project}`,
    `com.docker.compose.service=${service}`,
    `com.docker.compose.container-number=${number}`,
  ]
  const [found] = await docker.listContainers({ all: true, filters: { label } })
  if (found === undefined) throw new Error(`there is no container ${service}-${number} in ${project}`)
  return docker.getContainer(found.Id)
}

/** `docker compose` on compose.yaml, under a name of its own. Fails with what it wrote to stderr. */
export async function runCompose(
  project: string,
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<string> {
  const options = { env: { ...process.env, ...env }, maxBuffer: 16 * 1024 * 1024 }
  const { stdout } = await run('docker', ['compose', '-p', project, ...args], options)
  return stdout
}

export function addressOf(inspected: ContainerInspectInfo, network: string): string {
  return inspected.NetworkSettings.Networks[network]?.IPAddress ?? ''
}

export interface Executed {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program inside a container. */
export async function execute(container: Container, command: readonly string[]): Promise<Executed> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true })
  const stream = await exec.start({})
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  docker.modem.demuxStream(stream, stdout, stderr)
  stream.once('end', () => {
    stdout.end()
    stderr.end()
  })
  const [out, err] = await Promise.all([text(stdout), text(stderr)])
  const { ExitCode } = await exec.inspect()
  return { exitCode: ExitCode ?? -1, stdout: out, stderr: err }
}

/** Takes an address of the network away from whoever comes next, with a container that does nothing there. */
export async function occupyAddress(network: string, address: string): Promise<Container[]> {
  const squatters: Container[] = []
  // Docker gives out the lowest that is free, or the next one; either way this one is found soon, or not given again.
  while (squatters.length < 4) {
    const squatter = await startBeside(network, { Cmd: ['sleep', '600'], Healthcheck: { Test: ['NONE'] } })
    squatters.push(squatter)
    if (addressOf(await squatter.inspect(), network) === address) break
  }
  return squatters
}

/** A container of the image that Compose knows nothing of. */
export async function startBeside(
  network: string,
  options: Omit<ContainerCreateOptions, 'Image'>,
  aliases: readonly string[] = [],
): Promise<Container> {
  const container = await docker.createContainer({
    ...options,
    Image: 'rollcall',
    HostConfig: { ...options.HostConfig, NetworkMode: network },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [...aliases] } } },
  })
  await container.start()
  return container
}
