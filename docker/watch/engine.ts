// What the watcher reads of a Docker engine, and nothing else: its name, the running containers, one container, and events. All of it is GET;
// what comes back is checked here, and the rest of the watcher knows no Docker.

import { Readable } from 'node:stream'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import Docker from 'dockerode'
import { z } from 'zod'

/** For the log, and for whoever sets up a socket proxy. */
export const engineReads = Object.freeze([
  'GET /info',
  'GET /containers/json',
  'GET /containers/ID/json',
  'GET /events',
])

export interface ContainerNetwork {
  readonly name: string
  /** IPv4, else IPv6; empty where it has none. */
  readonly ip: string
}

/** A container as far as the roll is concerned. */
export interface ContainerFacts {
  readonly id: string
  readonly name: string
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  /** TCP ports that it, or its image, says it listens on, ascending. */
  readonly exposedPorts: readonly number[]
  readonly isRunning: boolean
  readonly isPaused: boolean
  readonly startedAt: string
  /** Undefined where it has no health check. */
  readonly health: string | undefined
  /** The number of the signal that asks it to stop. */
  readonly stopSignal: number
  readonly isOnHost: boolean
  /** By name. */
  readonly networks: readonly ContainerNetwork[]
}

export interface EngineEvent {
  /** As the engine has it: start, die, kill, pause, unpause, health_status, connect, disconnect, … */
  readonly action: string
  readonly containerId: string
  /** Of `kill`. */
  readonly signal: number | undefined
  /** Whole seconds since 1970. */
  readonly atS: number
}

export interface DockerEngine {
  name(): Promise<string>
  runningIds(): Promise<string[]>
  /** Undefined where there is none of that id or name. */
  inspect(id: string): Promise<ContainerFacts | undefined>
  /** Resolves when the engine has begun to tell; the events end with the connection or the signal. */
  follow(options: {
    readonly sinceS: number | undefined
    readonly signal: AbortSignal
  }): Promise<AsyncIterable<EngineEvent>>
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')
const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {})

const inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  State: z.object({
    Running: z.boolean(),
    Paused: z.boolean(),
    StartedAt: text,
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({
    Image: text,
    Labels: texts,
    Env: z.array(z.string()).nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
    StopSignal: text,
  }),
  HostConfig: z.object({ NetworkMode: text }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ IPAddress: text, GlobalIPv6Address: text }).nullable()).nullish(),
  }),
})

const event = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: text, Attributes: texts }),
  time: z.number(),
})

/** Where `DOCKER_HOST` says, else at the usual socket. */
export function openDockerEngine(docker: Docker = new Docker()): DockerEngine {
  return {
    async name() {
      const { Name } = z.object({ Name: z.string() }).parse(await docker.info())
      return Name
    },
    async runningIds() {
      return (await docker.listContainers()).map(({ Id }) => Id)
    },
    async inspect(id) {
      try {
        return readContainer(await docker.getContainer(id).inspect())
      } catch (error) {
        if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined
        throw error
      }
    },
    async follow({ sinceS, signal }) {
      const stream = await docker.getEvents({
        filters: { type: ['container', 'network'] },
        ...(sinceS !== undefined && { since: sinceS }),
        abortSignal: signal,
      })
      // A response: its type says less of it than it is.
      if (stream instanceof Readable) return readEvents(stream, signal)
      throw new TypeError('the events of the engine are no stream')
    },
  }
}

export function readContainer(found: unknown): ContainerFacts {
  const { Id, Name, State, Config, HostConfig, NetworkSettings } = inspected.parse(found)
  const { signals } = constants
  const signalName = Object.keys(signals).find((name) => name === Config.StopSignal)
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image,
    labels: Config.Labels,
    env: Object.fromEntries((Config.Env ?? []).map((entry) => splitAt(entry, '='))),
    exposedPorts: Object.keys(Config.ExposedPorts ?? {})
      .flatMap((port) => (port.endsWith('/tcp') ? [Number(port.slice(0, -4))] : []))
      .toSorted((a, b) => a - b),
    isRunning: State.Running,
    isPaused: State.Paused,
    startedAt: State.StartedAt,
    health: State.Health?.Status === 'none' ? undefined : State.Health?.Status,
    stopSignal:
      Object.entries(signals).find(([name]) => name === signalName)?.[1] ??
      (Number(Config.StopSignal) || signals.SIGTERM),
    isOnHost: HostConfig.NetworkMode === 'host',
    networks: Object.entries(NetworkSettings.Networks ?? {})
      .map(([name, network]) => ({ name, ip: network?.IPAddress || network?.GlobalIPv6Address || '' }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

function splitAt(entry: string, separator: string): [string, string] {
  const at = entry.indexOf(separator)
  return at === -1 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)]
}

async function* readEvents(stream: Readable, signal: AbortSignal): AsyncGenerator<EngineEvent> {
  // Readline ends with its input and tells nothing of an error there: a connection that broke ends as one that closed.
  stream.on('error', () => {})
  try {
    for await (const line of createInterface({ input: stream, signal })) {
      const found = readEvent(line)
      if (found) yield found
    }
  } finally {
    stream.destroy()
  }
}

/** Undefined for what is no event of a container. */
export function readEvent(line: string): EngineEvent | undefined {
  const read = event.safeParse(readJson(line))
  if (!read.success) return undefined
  const { Type, Action, Actor, time } = read.data
  const isNetwork = Type === 'network'
  const containerId = isNetwork ? (Actor.Attributes['container'] ?? '') : Actor.ID
  if (containerId === '' || (isNetwork && Action !== 'connect' && Action !== 'disconnect')) return undefined
  const signal = Number(Actor.Attributes['signal'])
  // `health_status: healthy`, `exec_start: sh -c …`
  const [action = ''] = Action.split(':')
  return { action, containerId, signal: Number.isInteger(signal) && signal > 0 ? signal : undefined, atS: time }
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // The last line of a connection that broke.
    return undefined
  }
}
