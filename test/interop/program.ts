// A foreign program as a child process: what it prints, as it comes, and its end in every case.

import type { Test } from 'tap'
import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Program {
  /** Resolves when what it printed so far holds this; rejects when it ends before. */
  printed(text: string): Promise<string>
  /** Ends it, as SIGKILL does, and waits for that. */
  kill(): Promise<void>
}

export function run(t: Test, command: string, ...args: string[]): Program {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let isOver = false
  let wake = () => {}
  const over = once(child, 'close')
  child.once('close', () => {
    isOver = true
    wake()
  })
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += String(chunk)
      wake()
    })
  async function kill(): Promise<void> {
    child.kill('SIGKILL')
    await over
  }
  t.teardown(kill)
  return {
    kill,
    async printed(text) {
      while (!output.includes(text)) {
        if (isOver) throw new Error(`${command} ${args.join(' ')} ended, having printed: ${output}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return output
    },
  }
}
