#!/usr/bin/env node
// The program `rollcall`. Loads the subcommand that was asked for and no other, so that a health check every few seconds
// does not load a daemon; turns whatever goes wrong into one line and an exit code.

import { Command } from 'commander'
import { requestWord } from './completion/shells.ts'
import { exitCodeHelp } from './terminal/exit-code.ts'
import { runProgram } from './terminal/run-program.ts'
import type { Terminal } from './terminal/terminal.ts'
import { openTerminal } from './terminal/terminal.ts'
import { readVersion } from './version.ts'

const subcommands: Readonly<Record<string, (terminal: Terminal) => Promise<Command>>> = {
  daemon: async (terminal) => (await import('./daemon.ts')).createDaemonCommand(terminal),
  services: async (terminal) => (await import('./services.ts')).createServicesCommand(terminal),
  resolve: async (terminal) => (await import('./resolve.ts')).createResolveCommand(terminal),
  watch: async (terminal) => (await import('./watch.ts')).createWatchCommand(terminal),
  rounds: async (terminal) => (await import('./rounds.ts')).createRoundsCommand(terminal),
  wait: async (terminal) => (await import('./wait.ts')).createWaitCommand(terminal),
  doctor: async (terminal) => (await import('./doctor.ts')).createDoctorCommand(terminal),
  call: async (terminal) => (await import('./call.ts')).createCallCommand(terminal),
  survey: async (terminal) => (await import('./survey.ts')).createSurveyCommand(terminal),
  sp: async (terminal) => (await import('./sp.ts')).createSpCommand(terminal),
  demo: async (terminal) => (await import('./demo.ts')).createDemoCommand(terminal),
  key: async (terminal) => (await import('./key.ts')).createKeyCommand(terminal),
  gate: async (terminal) => (await import('./gate.ts')).createGateCommand(terminal),
  agent: async (terminal) => (await import('./agent.ts')).createAgentCommand(terminal),
  'watch-docker': async (terminal) => (await import('./watch-docker.ts')).createWatchDockerCommand(terminal),
  completion: async (terminal) => (await import('./completion.ts')).createCompletionCommand(terminal),
  health: async (terminal) => (await import('./health.ts')).createHealthCommand(terminal),
}

async function createProgram(terminal: Terminal, words: readonly string[]): Promise<Command> {
  const program = new Command('rollcall')
    .description('Who is here, and where? Service discovery for containers by survey.')
    .version(readVersion(), '-V, --version', 'print the version')
    // `resolve --version RANGE` is not `rollcall --version`.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('(`rollcall help` says what there is)')
    .addHelpText('after', exitCodeHelp)
    .addHelpText('after', '\nTo see it work: rollcall demo')
  const load = subcommands[words[0] ?? '']
  for (const create of load === undefined ? Object.values(subcommands) : [load]) {
    const command = await create(terminal)
    inheritSettings(command, program)
    program.addCommand(command.addHelpText('after', exitCodeHelp))
  }
  return program
}

/** Down to the last subcommand: the one of `key new` ends a program no more than that of `key` does. */
function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent)
  for (const nested of command.commands) inheritSettings(nested, command)
}

async function run(terminal: Terminal): Promise<unknown> {
  const words = process.argv.slice(2)
  if (words[0] === requestWord) return answer(terminal, words.slice(1))
  const program = await createProgram(terminal, words)
  return program.parseAsync(words, { from: 'user' })
}

async function answer(terminal: Terminal, words: readonly string[]): Promise<void> {
  const { answerShell } = await import('./completion.ts')
  await answerShell(terminal, await createProgram(terminal, words), words)
}

await runProgram(openTerminal(), run)
