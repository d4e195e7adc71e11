// `kubectl` on one cluster and in one namespace. What fails does so with what it wrote to stderr.

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface KubectlOptions {
  /** As for any kubectl: which cluster, by file or by context. */
  readonly flags: readonly string[]
  readonly namespace: string
}

/** A program in a pod that runs until its input ends. */
export interface RunningExec {
  /** Ends its input, and gives back what it printed. */
  end(): Promise<string>
}

export interface Kubectl {
  run(args: readonly string[], input?: string): Promise<string>
  readJson(args: readonly string[]): Promise<unknown>
  /** Runs a program in a pod, and gives back what it printed. */
  exec(pod: string, command: readonly string[]): Promise<string>
  startExec(pod: string, command: readonly string[]): RunningExec
}

export function createKubectl({ flags, namespace }: KubectlOptions): Kubectl {
  const start = (args: readonly string[]): ChildProcess =>
    spawn('kubectl', [...flags, '--namespace', namespace, ...args], { stdio: 'pipe' })
  const kubectl: Kubectl = {
    run(args, input = '') {
      const child = start(args)
      return finish(child, args, input)
    },
    async readJson(args) {
      return JSON.parse(await kubectl.run([...args, '--output', 'json'])) as unknown
    },
    exec: (pod, command) => kubectl.run(['exec', pod, '--', ...command]),
    startExec(pod, command) {
      const args = ['exec', '--stdin', pod, '--', ...command]
      const child = start(args)
      // Read from the start, lest it wait for a reader.
      const [stdout, stderr] = readOutput(child)
      const closed = once(child, 'close')
      return {
        async end() {
          child.stdin?.end()
          const [code]: unknown[] = await closed
          return explain(args, code, await stdout, await stderr)
        },
      }
    },
  }
  return kubectl
}

async function finish(child: ChildProcess, args: readonly string[], input: string): Promise<string> {
  const [stdout, stderr] = readOutput(child)
  const closed = once(child, 'close')
  // Whoever ends without reading it all says why by its exit code.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  const [code]: unknown[] = await closed
  return explain(args, code, await stdout, await stderr)
}

function readOutput({ stdout, stderr }: ChildProcess): readonly [Promise<string>, Promise<string>] {
  return [stdout ? text(stdout) : Promise.resolve(''), stderr ? text(stderr) : Promise.resolve('')]
}

function explain(args: readonly string[], code: unknown, stdout: string, stderr: string): string {
  if (code === 0) return stdout
  throw new Error(`kubectl ${args.join(' ')} ended with ${String(code)}: ${stderr.trim()}`)
}
