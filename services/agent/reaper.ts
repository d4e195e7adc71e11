// Who is PID 1 inherits the children that others leave behind, and must take note of their end, or they stay as zombies. Node cannot wait for
// processes that it did not start; tini can, as a subreaper between the agent and the program.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Reaping {
  readonly command: readonly [string, ...string[]]
  /** Nobody takes note of children that are left behind. */
  readonly leavesZombies: boolean
}

/** `path` is that of the environment, in which programs are looked for. */
export function reapFor(
  command: readonly [string, ...string[]],
  { pid, path }: { readonly pid: number; readonly path: string },
): Reaping {
  if (pid !== 1) return { command, leavesZombies: false }
  const tini = path
    .split(delimiter)
    .map((folder) => join(folder, 'tini'))
    .find(isExecutable)
  if (tini === undefined) return { command, leavesZombies: true }
  return { command: [tini, '-s', '--', ...command], leavesZombies: false }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
