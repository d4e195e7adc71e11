// A look at a program by another one, as Consul's script checks have it: exit code 0 is passing, 1 a warning, anything else critical.

import { execFile } from 'node:child_process'
import type { Probe } from '../../messaging/index.ts'

/** Of what it prints, as much as is worth telling. */
const maxShown = 200

/** Run by the shell. Killed when it takes too long. */
export function createCommandProbe(command: string): Probe {
  return (signal) =>
    new Promise((resolve, reject) => {
      execFile(
        '/bin/sh',
        ['-c', command],
        { signal, killSignal: 'SIGKILL', maxBuffer: 65_536 },
        (error, stdout, stderr) => {
          if (signal.aborted) return reject(signal.reason)
          if (error === null) return resolve('passing')
          if (error.code === 1) return resolve('warning')
          const said = `${stdout}${stderr}`.trim().slice(0, maxShown)
          return reject(new Error(`${command} ended with ${error.code ?? error.signal}${said && `: ${said}`}`))
        },
      )
    })
}
