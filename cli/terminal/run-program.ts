// A program of ours from its start to its exit code: whatever goes wrong in it becomes one line on stderr and a code of the table.

import { CommanderError } from 'commander'
import { exitCodeOf, exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

export async function runProgram(terminal: Terminal, run: (terminal: Terminal) => Promise<unknown>): Promise<void> {
  try {
    await run(terminal)
  } catch (error) {
    // Commander has said what was wrong by itself; its exit code 0 is help that was asked for.
    if (error instanceof CommanderError) {
      return terminal.finish(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage)
    }
    if (terminal.isInterrupted()) return terminal.finish(exitCodes.interrupted)
    terminal.note(`rollcall: ${error instanceof Error ? error.message : String(error)}`)
    return terminal.finish(exitCodeOf(error))
  }
}
