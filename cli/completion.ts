// `rollcall completion SHELL`: the lines that make a shell complete this program; and the answer to the question that they ask it.
// A shell that asks is waiting for a key press to be answered, so a daemon that is slow is not waited for.

import { Argument, Command } from 'commander'
import { z } from 'zod'
import { askDaemons, readDaemonUrls } from './asking/daemon-client.ts'
import { readReply } from './asking/lookup.ts'
import { complete } from './completion/complete.ts'
import type { Shell } from './completion/shells.ts'
import { fileLine, scriptFor, shells } from './completion/shells.ts'
import { exitCodes } from './terminal/exit-code.ts'
import type { Terminal } from './terminal/terminal.ts'
import { printable } from './terminal/terminal.ts'

const askTimeoutMs = 700

const namesSchema = z.looseObject({ services: z.array(z.looseObject({ service: z.string(), instances: z.number() })) })

export function createCompletionCommand(terminal: Terminal): Command {
  return new Command('completion')
    .description('print what makes a shell complete commands, options and the names on the roll')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  source <(rollcall completion bash)       in ~/.bashrc
  source <(rollcall completion zsh)        in ~/.zshrc, after compinit
  rollcall completion fish > ~/.config/fish/completions/rollcall.fish`,
    )
    .action((shell: Shell) => {
      terminal.print(scriptFor(shell))
      terminal.finish(exitCodes.ok)
    })
}

/** Prints what could stand for the last of these words, one a line. Never fails: a shell has nowhere to say it. */
export async function answerShell(terminal: Terminal, program: Command, words: readonly string[]): Promise<void> {
  const { candidates, wants } = complete(program, words)
  for (const { value, description } of candidates) terminal.print(`${value}\t${description}`)
  if (wants === 'FILE') terminal.print(fileLine)
  if (wants !== 'SERVICE_NAME') return
  for (const { service, instances } of await readNames(terminal)) {
    if (service.startsWith(words.at(-1) ?? '')) terminal.print(`${printable(service)}\t${instances} on the roll`)
  }
}

async function readNames(terminal: Terminal): Promise<z.infer<typeof namesSchema>['services']> {
  try {
    const { env } = terminal
    const reply = await askDaemons(readDaemonUrls(undefined, env), '/services', { env, timeoutMs: askTimeoutMs })
    return reply.status === 200 ? readReply(namesSchema, reply.body, reply.url).services : []
  } catch {
    return []
  }
}
