// The agent as a program of its own: what `rollcall agent` is, for images that have nothing else of ours. docker/agent/vite.config.ts puts it
// and all that it needs into one file.

import { createAgentCommand } from './agent.ts'
import { exitCodeHelp } from './terminal/exit-code.ts'
import { runProgram } from './terminal/run-program.ts'
import { openTerminal } from './terminal/terminal.ts'

void runProgram(openTerminal(), (terminal) =>
  createAgentCommand(terminal)
    .exitOverride()
    .addHelpText('after', exitCodeHelp)
    .parseAsync(process.argv.slice(2), { from: 'user' }),
)
