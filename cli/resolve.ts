// `rollcall resolve NAME`: one provider of a service, as the daemon hands it out.
// Prints the address alone on stdout, so that a script can use it as it is.

import { Command } from 'commander'
import { createDaemonOption, readDaemonUrls } from './asking/daemon-client.ts'
import { exitCodes } from './terminal/exit-code.ts'
import { addFilterOptions, exitCodeOfRefusal, lookUp } from './asking/lookup.ts'
import type { FilterOptions } from './asking/lookup.ts'
import type { Terminal } from './terminal/terminal.ts'
import { printable } from './terminal/terminal.ts'

interface ResolveOptions extends FilterOptions {
  readonly daemon?: string
  readonly json?: true
}

export function createResolveCommand(terminal: Terminal): Command {
  const command = new Command('resolve')
    .description('name one live provider of a service')
    .argument('<name>', 'service to resolve')
    .addOption(createDaemonOption())
    .option('--json', 'print everything known of the provider as one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  rollcall resolve answer
  rollcall resolve web --near eu-1a --version '>=1.4' --tag canary --tag '!old'
  curl "$(rollcall resolve web)/"`,
    )
    .action(async (name: string, options: ResolveOptions) => {
      const { env } = terminal
      const found = await lookUp(readDaemonUrls(options.daemon, env), name, options, { env })
      if (found.outcome === 'REFUSED') {
        terminal.note(`rollcall: ${found.message}`)
        return terminal.finish(exitCodeOfRefusal(found))
      }
      const { provider } = found
      if (options.json) return terminal.print(JSON.stringify(provider))
      terminal.print(printable(provider.address))
      if (terminal.isInteractive && terminal.isStderrInteractive) {
        terminal.note(terminal.paint('dim', printable(describe(provider))))
      }
      return terminal.finish(exitCodes.ok)
    })
  return addFilterOptions(command)
}

function describe(provider: { id: string; zone: string; version: string; status: string }): string {
  const parts = [provider.id]
  if (provider.zone !== '') parts.push(`zone ${provider.zone}`)
  if (provider.version !== '') parts.push(`version ${provider.version}`)
  if (provider.status !== 'passing') parts.push(provider.status)
  return parts.join(', ')
}
