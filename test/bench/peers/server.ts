// A server that is measured: a program of Debian's, on a loopback port and with a data folder of its own, ended by its process id.

import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { keep } from '../child.ts'
import { MissingPeer } from './messaging/peer.ts'

/** Where Debian has servers, whatever the user's own path. */
const path = `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`
const startsWithinMs = 60_000
const endsWithinMs = 5_000

export interface ServerOptions {
  readonly command: string
  readonly args: readonly string[]
  /** What it is installed by, where it is missing. */
  readonly debian: string
  /** It is there once this one answers. */
  readonly port: number
  readonly env?: Readonly<Record<string, string>>
}

export interface Server {
  readonly port: number
  readonly pid: number
  /** Ends it without a word, as a crash does. */
  kill(): Promise<void>
  close(): Promise<void>
}

export async function startServer({ command, args, debian, port, env }: ServerOptions): Promise<Server> {
  const server = spawn(command, args, {
    env: { ...process.env, PATH: path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collectOutput(server)
  const isMissing = await Promise.race([
    once(server, 'spawn').then(() => false),
    once(server, 'error').then(() => true),
  ]).catch(() => true)
  if (isMissing) throw new MissingPeer(`${command} is not installed: apt-get install ${debian}`)
  keep(server)
  for (const endsAtMs = performance.now() + startsWithinMs; !(await isListening(port)); await delay(10)) {
    if (server.exitCode !== null) throw new Error(`${command} ended by itself: ${output()}`)
    if (performance.now() > endsAtMs) throw new Error(`${command} does not listen on port ${port}: ${output()}`)
  }
  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return
    const closed = once(server, 'close')
    server.kill('SIGKILL')
    await closed
  }
  return {
    port,
    pid: server.pid ?? 0,
    kill,
    async close() {
      if (server.exitCode !== null || server.signalCode !== null) return
      const closed = once(server, 'close')
      server.kill()
      const hasEnded = await Promise.race([closed.then(() => true), delay(endsWithinMs, false, { ref: false })])
      if (!hasEnded) await kill()
    },
  }
}

/** The last that it said. */
function collectOutput({ stdout, stderr }: ChildProcess): () => string {
  let said = ''
  for (const stream of [stdout, stderr])
    stream?.on('data', (text: Buffer) => {
      said = `${said}${String(text)}`.slice(-1_000)
    })
  return () => said
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** A folder that is gone when the server is. */
export async function makeFolder(): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** The first version number in what the program says of itself. */
export function readVersion(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, args, { env: { ...process.env, PATH: path } }, (_error, stdout, stderr) =>
      resolve(/\d+\.\d+(\.\d+)?/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown'),
    )
  })
}

/** Of a package of Debian's. */
export function readDebianVersion(debian: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('dpkg-query', ['-W', '-f', '${Version}', debian], (error, stdout) =>
      resolve(error ? debian : `${debian} ${stdout}`),
    )
  })
}
