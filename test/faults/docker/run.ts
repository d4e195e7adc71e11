// One schedule, played to the fleet of containers while clients in a process of their own ask it by every door. Gives back what was seen; leaves judging
// to the promises.

import type { History } from '../history.ts'
import type { PlannedFault, Schedule } from '../schedule.ts'
import type { ClientOptions, DrawCommand } from './client-options.ts'
import type { DockerKind } from './chapter.ts'
import type { CreateFault, FaultContext, Planned } from './fault.ts'
import type { FaultFleet } from './fleet.ts'
import type { Recorder } from './recorder.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startFile } from '../../bench/child.ts'
import { dockerSettings } from './chapter.ts'
import { createDisconnect, createEngineRestart, createKill, createPause } from './container-faults.ts'
import { askedServices } from './fleet.ts'
import { createDelay, createLoss, createOneWay } from './network-faults.ts'
import { createClockStep, createDuplicateId, createForger, createSlowReader, createThundering } from './peer-faults.ts'
import { createRecorder } from './recorder.ts'
import { probeStalls, readContainerStalls, yieldToContainers } from './stall-probe.ts'

export interface DockerRunOptions {
  readonly fleet: FaultFleet
  readonly schedule: Schedule
  readonly delayProgram: string | undefined
  readonly say: (text: string) => void
  /** Ends it: whatever is done then is undone first. */
  readonly signal: AbortSignal
}

const creators: Readonly<Record<DockerKind, CreateFault>> = Object.freeze({
  kill: createKill,
  pause: createPause,
  disconnect: createDisconnect,
  'one-way': createOneWay,
  loss: createLoss,
  delay: createDelay,
  'clock-step': createClockStep,
  'duplicate-id': createDuplicateId,
  thundering: createThundering,
  'slow-reader': createSlowReader,
  'forged-answer': createForger,
  'daemon-restart': createKill,
  'engine-restart': createEngineRestart,
})

/** Since when they are there as far as a schedule is concerned: longer than whatever a promise looks back. */
const longAgoMs = -120_000
/** Between two lookups of each of the clients. */
const pauseMs = 60
/** More than uniform-choice asks for. */
const draws = 11_000
/** The services of which there are several, each of them as likely as the others. */
const drawnServices = ['answer', 'web']
/** Longer than all the draws of one schedule take. */
const drawPatienceMs = 120_000

export async function playOnFleet(options: DockerRunOptions): Promise<History> {
  const { fleet, schedule, delayProgram, signal } = options
  const { seed } = schedule
  const startedAtMs = performance.timeOrigin + performance.now()
  const recorder = createRecorder({ seed, mode: 'docker', settings: dockerSettings }, startedAtMs)
  recordLives(fleet, recorder)
  const stopProbe = probeStalls(
    () => recorder.nowMs(),
    (fromMs, atMs) => recorder.add({ type: 'stall', fromMs, atMs }),
  )
  const clients = startClients(fleet, recorder, { seed, startedAtMs })
  try {
    await clients.ready
    await playFaults({ fleet, recorder, delayProgram }, options)
    const lastMs = Math.max(0, ...schedule.faults.map(({ atMs, durationMs }) => atMs + durationMs))
    await sleep(schedule.lengthMs - lastMs, undefined, { signal })
    await clients.draw({ services: drawnServices, draws })
    for (const stall of await readContainerStalls(fleet.probe, startedAtMs)) recorder.add({ type: 'stall', ...stall })
  } finally {
    stopProbe()
    await clients.close()
  }
  return recorder.history()
}

/** All that is there when a schedule begins. */
function recordLives({ daemons, instances }: FaultFleet, recorder: Recorder): void {
  for (const { name, provider } of [...daemons, ...instances])
    for (const is of ['starting', 'up'] as const)
      recorder.life({ host: name, is, ...(provider && { provider }) }, longAgoMs)
}

/** In the order of the schedule: what is done to a host waits for what is done to it already, and whatever comes later waits as long. */
async function playFaults(context: FaultContext, { schedule, say, signal }: DockerRunOptions): Promise<void> {
  const { recorder } = context
  const busy = new Map<string, Promise<void>>()
  const ending = new AbortController()
  const either = AbortSignal.any([signal, ending.signal])
  let lateMs = recorder.nowMs()
  let number = 0
  const playing: Promise<void>[] = []
  try {
    for (const fault of schedule.faults) {
      await sleep(Math.max(0, fault.atMs + lateMs - recorder.nowMs()), undefined, { signal: either })
      await Promise.all(fault.hosts.flatMap((host) => busy.get(host) ?? []))
      lateMs = Math.max(lateMs, recorder.nowMs() - fault.atMs)
      number += 1
      const played = playFault(context, { ...fault, number }, say, either).catch((error: unknown) => {
        ending.abort(error)
      })
      for (const host of fault.hosts) busy.set(host, played)
      playing.push(played)
    }
  } finally {
    await Promise.all(playing)
  }
  either.throwIfAborted()
}

async function playFault(
  context: FaultContext,
  planned: Planned,
  say: DockerRunOptions['say'],
  signal: AbortSignal,
): Promise<void> {
  const { kind, hosts, amount, durationMs } = planned
  const tell = context.recorder.fault(kind, hosts, amount)
  const fault = creators[readKind(planned)](context, planned)
  tell('beginning')
  try {
    await fault.begin()
    tell('begun')
    // Whoever ends the run ends this.
    await sleep(durationMs, undefined, { signal }).catch(() => undefined)
  } finally {
    tell('ending')
    await fault.end()
    tell('ended', fault.cameTo?.())
  }
  const cameTo = fault.cameTo?.()
  say([kind, ...hosts, ...(amount === 0 ? [] : [amount]), ...(cameTo === undefined ? [] : [`(${cameTo})`])].join(' '))
}

function readKind({ kind }: PlannedFault): DockerKind {
  if (kind === 'lost-answer') throw new Error('one answer alone cannot be lost between containers')
  return kind
}

interface Clients {
  readonly ready: Promise<void>
  draw(command: DrawCommand): Promise<void>
  close(): Promise<void>
}

function startClients(
  fleet: FaultFleet,
  recorder: Recorder,
  { seed, startedAtMs }: Pick<ClientOptions, 'seed' | 'startedAtMs'>,
): Clients {
  const options: ClientOptions = {
    startedAtMs,
    daemons: fleet.daemons.map(({ name, address }) => ({ host: name, address })),
    services: askedServices,
    seed,
    keyringPath: fleet.keys.client,
    pauseMs,
  }
  const file = fileURLToPath(new URL('./client.js', import.meta.url))
  const child = startFile(file, [JSON.stringify(options)], { detached: true })
  yieldToContainers(child.pid)
  let onDrawn: () => void = () => undefined
  async function listen(): Promise<never> {
    for (;;) {
      const message = Object(await child.next())
      for (const record of message.records ?? []) recorder.add(record)
      if (message.drawn) onDrawn()
    }
  }
  const ready = child.next().then(() => undefined)
  const listening = ready.then(listen)
  // Its end ends the listening, which is waited for where it matters.
  listening.catch(() => undefined)
  return {
    ready,
    async draw(command) {
      const drawn = new Promise<void>((resolve) => (onDrawn = resolve))
      child.send(command)
      const tooLong = sleep(drawPatienceMs, undefined, { ref: false }).then(() => {
        throw new Error('the clients have not drawn in time')
      })
      await Promise.race([drawn, listening, tooLong])
    },
    close: () => child.kill(),
  }
}
