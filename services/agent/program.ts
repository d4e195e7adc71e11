// The one program that an agent stands for: started with the agent's own input, output and environment, sent what the agent is told to send,
// and done when it has ended. Zombies that it leaves are for a reaper: see reaper.ts.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'

export interface Program {
  /** What a shell would report: its code, or 128 and the number of the signal that ended it. Never rejects. */
  readonly ended: Promise<number>
  readonly hasEnded: boolean
  send(signal: NodeJS.Signals): void
}

/** As a shell has them. */
const codeOfFailure: Readonly<Record<string, number>> = Object.freeze({ ENOENT: 127, EACCES: 126, ENOEXEC: 126 })

/** `onFailure` is told why it could not be started; `ended` has the code of that then. */
export function startProgram(command: readonly [string, ...string[]], onFailure: (reason: string) => void): Program {
  const [file, ...args] = command
  const child = spawn(file, args, { stdio: 'inherit' })
  let hasEnded = false
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      hasEnded = true
      onFailure(`${file} cannot be started: ${error.code === 'ENOENT' ? 'there is no such program' : error.message}`)
      resolve(codeOfFailure[error.code ?? ''] ?? 126)
    })
    child.once('exit', (code, signal) => {
      hasEnded = true
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
  return {
    ended,
    get hasEnded() {
      return hasEnded
    },
    send(signal) {
      if (!hasEnded) child.kill(signal)
    },
  }
}
