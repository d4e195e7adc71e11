// The demo's fleet: the sample services as processes on this machine, started and ended one by one.
// Promises that no process outlives the demo: each is tethered to it. Who is on the roll is the daemon's to say.

import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

export type SampleService = 'answer' | 'web'

export interface Member {
  readonly service: SampleService
  readonly id: string
  readonly pid: number
  /** What was done to it, if anything was. */
  readonly ending: 'killed' | 'stopped' | undefined
}

export interface FleetOptions {
  readonly discoveryPort: number
  /** What the processes inherit beside the variables of their own. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** A process ended that nobody had asked to; `lastWords` is the end of its log. */
  readonly onUnexpectedEnd: (member: Member, lastWords: string) => void
}

export interface Fleet {
  /** Those whose process runs, oldest first. */
  members(): readonly Member[]
  start(service: SampleService): Member
  /** SIGKILL: it has no chance to say goodbye. */
  kill(member: Member): void
  /** SIGTERM: it leaves the roll first. */
  stop(member: Member): void
  /** Ends every process and waits until they have gone. */
  close(): Promise<void>
}

/** A service that leaves in order is given this long before it is killed. */
const closeGraceMs = 2000

/** Of a process's log, for the one that ends by itself. */
const maxLastWords = 2000

/** The same file whether this runs from the source or from dist/. */
function programUrl(path: string): URL {
  return new URL(path + extname(import.meta.url), import.meta.url)
}

export function createFleet(options: FleetOptions): Fleet {
  const processes = new Map<Member, ChildProcess>()
  const endings = new WeakMap<ChildProcess, 'killed' | 'stopped'>()
  const counts: Record<SampleService, number> = { answer: 0, web: 0 }

  function end(member: Member, signal: NodeJS.Signals, ending: 'killed' | 'stopped'): void {
    const child = processes.get(member)
    if (child === undefined) return
    endings.set(child, ending)
    child.kill(signal)
  }

  function start(service: SampleService): Member {
    counts[service] += 1
    const id = `${service}-${counts[service]}`
    const child = fork(fileURLToPath(programUrl(`../../services/${service}/main`)), [], {
      execArgv: ['--import', programUrl('./tether').href],
      env: { ...options.env, ...environmentOf(service, id, options.discoveryPort) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const member: Member = {
      service,
      id,
      pid: child.pid ?? 0,
      get ending() {
        return endings.get(child)
      },
    }
    processes.set(member, child)
    let lastWords = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        lastWords = (lastWords + text).slice(-maxLastWords)
      })
    }
    // `error` is a process that could not be started: `close` follows it all the same.
    child.once('error', (error) => (lastWords += error.message))
    child.once('close', () => {
      processes.delete(member)
      if (member.ending === undefined) options.onUnexpectedEnd(member, lastWords.trim())
    })
    return member
  }

  return {
    members: () => [...processes.keys()],
    start,
    kill: (member) => end(member, 'SIGKILL', 'killed'),
    stop: (member) => end(member, 'SIGTERM', 'stopped'),
    async close() {
      const gone = [...processes.values()].map((child) => new Promise((resolve) => child.once('close', resolve)))
      for (const member of processes.keys()) end(member, 'SIGTERM', 'stopped')
      const timer = setTimeout(() => {
        for (const child of processes.values()) child.kill('SIGKILL')
      }, closeGraceMs)
      await Promise.all(gone)
      clearTimeout(timer)
    },
  }
}

/** The demo is for this machine alone: everyone listens on loopback, at any free port. */
function environmentOf(service: SampleService, id: string, discoveryPort: number): Record<string, string> {
  return {
    DISCOVERY_HOST: '127.0.0.1',
    DISCOVERY_PORT: String(discoveryPort),
    SERVICE_NAME: service,
    SERVICE_ID: id,
    SERVICE_HOST: '127.0.0.1',
    SERVICE_PORT: '0',
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'line',
  }
}
