// Containers that do nothing, on a real engine, and a daemon and a watcher of ours beside them, each a process of its own. Closing it leaves no
// container, network or image behind.

import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Container } from 'dockerode'
import Docker from 'dockerode'
import type { Child } from './child.ts'
import { startDaemon, startWatcher } from './child.ts'
import { findFreePort } from './free-port.ts'
import type { HttpAnswer } from './http-poll.ts'
import { askHttp, untilReady } from './http-poll.ts'

const run = promisify(execFile)

export interface EngineFleet {
  readonly watcher: Child
  /** A labelled container of this service, not started yet. */
  create(service: string): Promise<Container>
  remove(container: Container): Promise<void>
  /** Asks the daemon. */
  ask(path: string): Promise<HttpAnswer>
  /** When the engine's own stream told of it, by `performance.now()`. */
  told(containerId: string, action: 'start' | 'die'): Promise<number>
  close(): Promise<void>
}

export async function openEngineFleet(): Promise<EngineFleet> {
  const docker = new Docker()
  await docker.ping().catch((error: unknown) => {
    throw new Error('no Docker engine answers on this machine', { cause: error })
  })
  const name = `rollcall-bench-${process.pid}`
  await makeImage(name)
  const network = await docker.createNetwork({ Name: name })
  const [port, httpPort] = [await findFreePort(), await findFreePort()]
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const daemon = startDaemon({ PORT: String(port), HTTP_PORT: String(httpPort) })
  await untilReady(agent, httpPort)
  const watcher = startWatcher({ DISCOVERY_HOST: `127.0.0.1:${port}` })
  const events = await followEvents(docker)
  const containers = new Set<Container>()
  return {
    watcher,
    async create(service) {
      const container = await docker.createContainer({
        Image: name,
        Labels: { 'rollcall.service': service, 'rollcall.port': '80' },
        HostConfig: { NetworkMode: name },
      })
      containers.add(container)
      return container
    },
    async remove(container) {
      containers.delete(container)
      await container.remove({ force: true })
    },
    ask: (path) => askHttp(agent, httpPort, path),
    told: (containerId, action) => events.told(containerId, action),
    async close() {
      events.close()
      await watcher.kill()
      await daemon.kill()
      agent.destroy()
      // An engine that is asked for hundreds of things at once does none of them.
      for (const container of containers) await container.remove({ force: true })
      await network.remove()
      await docker.getImage(name).remove()
    },
  }
}

/** Of one program without libraries, so that a container of it costs what a container costs. */
async function makeImage(name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  try {
    const source = fileURLToPath(new URL('../../../test/bench/peers/pause.c', import.meta.url))
    await run('cc', ['-Os', '-static', '-s', '-o', join(folder, 'pause'), source])
    await run('tar', ['-cf', join(folder, 'image.tar'), '-C', folder, 'pause'])
    await run('docker', ['import', '--change', 'CMD ["/pause"]', join(folder, 'image.tar'), name])
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function followEvents(docker: Docker) {
  const stream = await docker.getEvents({ filters: { type: ['container'], event: ['start', 'die'] } })
  if (!(stream instanceof Readable)) throw new TypeError('the events of the engine are no stream')
  const heard = new Map<string, number>()
  const waiting = new Map<string, (atMs: number) => void>()
  createInterface({ input: stream }).on('line', (line) => {
    const atMs = performance.now()
    const { Action, Actor } = Object(JSON.parse(line))
    const key = `${Actor.ID} ${Action}`
    heard.set(key, atMs)
    waiting.get(key)?.(atMs)
  })
  // Ended by us.
  stream.on('error', () => {})
  return {
    told(containerId: string, action: 'start' | 'die'): Promise<number> {
      const key = `${containerId} ${action}`
      const known = heard.get(key)
      return known === undefined ? new Promise((resolve) => waiting.set(key, resolve)) : Promise.resolve(known)
    },
    close: () => void stream.destroy(),
  }
}
