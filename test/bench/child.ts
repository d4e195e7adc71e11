// Child processes of a benchmark: each runs one file of children/, talks by Node's own messages, and dies with its parent.

import type { ChildProcess, ForkOptions } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Child {
  readonly pid: number
  /** Sends a message, and gives back the next one that comes. */
  ask(message?: unknown): Promise<Record<string, unknown>>
  next(): Promise<Record<string, unknown>>
  /** Sends a message that is not answered with the next. */
  send(message: object): void
  signal(signal: NodeJS.Signals): void
  /** Tells it to end, and waits for that. */
  end(): Promise<void>
  /** Ends it, and waits for that. */
  kill(): Promise<void>
  /** It has ended. */
  readonly closed: Promise<unknown>
}

const children = new Set<ChildProcess>()
process.once('exit', endChildren)

/** Ends with this process at the latest. */
export function keep(child: ChildProcess): void {
  children.add(child)
  child.once('close', () => children.delete(child))
}

/** Whatever a scenario that failed has left running. */
export function endChildren(): void {
  for (const child of children) child.kill('SIGKILL')
}

/** Starts `children/NAME.js`; it says that it is ready with its first message, which is given to `ready`. */
export function startChild(name: string, args: readonly (string | number)[] = [], options: ForkOptions = {}): Child {
  return startFile(fileURLToPath(new URL(`./children/${name}.js`, import.meta.url)), args, options)
}

/** Starts the daemon as its users do; the limit of each address is counted, and out of reach. */
export function startDaemon(env: Readonly<Record<string, string>>, execArgv: readonly string[] = []): Child {
  return startProgram('daemon', { HTTP_RATE: '1000000', DNS_PORT: '0', ...env }, execArgv)
}

/** Starts the watcher as its users do, on the engine of this machine. */
export function startWatcher(env: Readonly<Record<string, string>>): Child {
  return startProgram('watch-docker', env, [])
}

function startProgram(command: string, env: Readonly<Record<string, string>>, execArgv: readonly string[]): Child {
  const program = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
  const options = { execArgv: [...execArgv], env: { ...process.env, LOG_LEVEL: 'error', ...env } }
  return startFile(program, [command], options)
}

/** Starts a program by its file. */
export function startFile(file: string, args: readonly (string | number)[], options: ForkOptions = {}): Child {
  const child = fork(file, args.map(String), { serialization: 'advanced', ...options })
  keep(child)
  const closed = once(child, 'close')
  const waiting: {
    readonly resolve: (message: Record<string, unknown>) => void
    readonly reject: (error: Error) => void
  }[] = []
  const arrived: Record<string, unknown>[] = []
  child.on('message', (message) => {
    const record: Record<string, unknown> = Object(message)
    const taker = waiting.shift()
    if (taker) taker.resolve(record)
    else arrived.push(record)
  })
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting) reject(new Error(`${file} ended by itself: ${String(code ?? signal)}`))
  })
  function next(): Promise<Record<string, unknown>> {
    const message = arrived.shift()
    if (message) return Promise.resolve(message)
    if (child.exitCode !== null) return Promise.reject(new Error(`${file} ended by itself: ${child.exitCode}`))
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }
  return {
    pid: child.pid ?? 0,
    closed,
    next,
    ask(message = {}) {
      const answer = next()
      child.send(Object(message))
      return answer
    },
    send: (message) => void child.send(message),
    signal: (signal) => void child.kill(signal),
    async end() {
      child.kill('SIGTERM')
      await closed
    },
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
  }
}
