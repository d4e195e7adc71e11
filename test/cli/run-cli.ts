// Runs the built program as a user would, and keeps what it said. Needs `npm run build` before it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const programPath = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface CliRun {
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Resolves once stdout or stderr matches; rejects when the program ends before. */
  said(pattern: RegExp): Promise<RegExpMatchArray>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<CliResult>
}

export interface CliResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

type Environment = Readonly<Record<string, string>>

/** Nothing is inherited but the path: no variable of the machine that the tests run on can change what they see. */
export function startCli(words: readonly string[], env: Environment = {}): CliRun {
  const child = spawn(process.execPath, [programPath, ...words], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const watch of watchers) watch()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const watch of watchers) watch()
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }))
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const match = stdout.match(pattern) ?? stderr.match(pattern)
          if (match === null) return
          watchers.delete(watch)
          resolve(match)
        }
        watchers.add(watch)
        void ended.then(() => reject(new Error(`ended without saying ${pattern}: ${stdout}${stderr}`)))
        watch()
      }),
    kill: (signal) => void child.kill(signal),
    ended,
  }
}

export function runCli(words: readonly string[], env: Environment = {}): Promise<CliResult> {
  return startCli(words, env).ended
}
