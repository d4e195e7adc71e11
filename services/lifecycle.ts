// The life of a sample service: it starts or says in one line why not; on SIGTERM it leaves the roll, and only then stops
// listening; what is in flight is finished within the grace; then it ends with 0. The signals and the exit are the
// process's, which main.ts hands in.

import type { Logger } from 'pino'
import type { Clock, Environment, ServiceEnvironment } from '../messaging/index.ts'
import { readServiceEnvironment, RollcallError, systemClock } from '../messaging/index.ts'
import { createLog } from './log.ts'

export interface RunningService {
  /** Tells every daemon; resolves when they know. Calls that are on their way are still answered. */
  leaveRoll(): Promise<void>
  /** Takes the keys that its keyring holds now. */
  rereadKeys(): void
  /** Takes nothing new; resolves when what is in flight is finished. */
  finish(): Promise<void>
}

export interface ServiceContext {
  readonly env: Environment
  readonly environment: ServiceEnvironment
  readonly log: Logger
}

/** What is needed of the global `process`. */
export interface ServiceProcess {
  readonly env: Environment
  readonly stderr: { write(text: string): unknown }
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  exit(code: number): void
}

/** A client that was given our address just before we left may still be connecting. */
const latecomersMs = 100

export async function runService(
  name: string,
  program: ServiceProcess,
  start: (context: ServiceContext) => Promise<RunningService>,
  clock: Clock = systemClock,
): Promise<void> {
  let isEnding = false
  let resolveSignal: (signal: NodeJS.Signals) => void = () => {}
  const signalled = new Promise<NodeJS.Signals>((resolve) => (resolveSignal = resolve))
  // From the start, so that a container that is stopped while it starts ends in order as well.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    program.on(signal, () => {
      // Whoever asks twice does not want to wait.
      if (isEnding) return program.exit(1)
      isEnding = true
      resolveSignal(signal)
    })
  }
  try {
    const environment = readServiceEnvironment(program.env)
    const { LOG_LEVEL: level, LOG_FORMAT: format, SERVICE_GRACE: graceMs } = environment.values
    const log = createLog({ level, format })
    // Once more, now that there is a log for what is odd without being wrong.
    readServiceEnvironment(program.env, { log })
    const service = await start({ env: program.env, environment, log })
    program.on('SIGHUP', () => service.rereadKeys())
    await endInOrder(service, { signal: await signalled, graceMs, clock, log })
    program.exit(0)
  } catch (error) {
    program.stderr.write(`${name}: ${describeStartError(error)}\n`)
    program.exit(1)
  }
}

interface Ending {
  readonly signal: NodeJS.Signals
  readonly graceMs: number
  readonly clock: Clock
  readonly log: Logger
}

async function endInOrder(service: RunningService, { signal, graceMs, clock, log }: Ending): Promise<void> {
  log.info({ signal, graceMs }, 'leaving the roll')
  let stopGrace: () => void = () => {}
  const graceIsOver = new Promise<'over'>((resolve) => (stopGrace = clock.after(graceMs, () => resolve('over'))))
  const outcome = await Promise.race([leaveAndFinish(service, clock), graceIsOver])
  stopGrace()
  if (outcome === 'over') log.warn({ graceMs }, 'stopped with requests in flight: SERVICE_GRACE is over')
  else log.info('stopped')
}

async function leaveAndFinish(service: RunningService, clock: Clock): Promise<'finished'> {
  await service.leaveRoll()
  await new Promise<void>((resolve) => void clock.after(latecomersMs, resolve))
  await service.finish()
  return 'finished'
}

function describeStartError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // What has no code is a mistake of ours: where it happened is worth more than a short message.
  return error instanceof RollcallError || 'code' in error ? error.message : (error.stack ?? error.message)
}

/** The port of the environment is taken, or may not be listened on: says which variable to change. */
export function explainListenError(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ADDRESS_IN_USE' || code === 'EADDRINUSE') {
    const message = `port ${port} is in use by another program; set SERVICE_PORT to a free port`
    return new RollcallError('ADDRESS_IN_USE', message, { cause: error })
  }
  if (code === 'EACCES') {
    const message = `port ${port} may not be listened on by this user; set SERVICE_PORT to 1024 or more`
    return new RollcallError('ADDRESS_UNREACHABLE', message, { cause: error })
  }
  return error
}

/** Everywhere, unless the service is said to be on this machine alone: an announced address need not be one of ours. */
export function listenHost(announced: string | undefined): string {
  return announced !== undefined && /^(?:127\.|::1$|localhost$)/.test(announced) ? announced : '0.0.0.0'
}
