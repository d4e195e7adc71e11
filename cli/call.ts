// `rollcall call NAME [BODY]`: resolves a service and really calls the provider, over HTTP or as an SP request.
// A provider that cannot be reached is passed over for another one, once; a call that may have been carried out is never
// repeated.

import { isUtf8 } from 'node:buffer'

import { Command } from 'commander'
import { RollcallError } from '../messaging/sp/error.ts'
import type { CallOptions, CallReply } from './call/call-provider.ts'
import { callProvider } from './call/call-provider.ts'
import { createDaemonOption, readDaemonUrls } from './asking/daemon-client.ts'
import { readDurationMs } from './terminal/duration.ts'
import type { LazyEngine } from './asking/engine.ts'
import { engineVariables, openEngineOf } from './asking/engine.ts'
import { formatVariables } from './terminal/environment-help.ts'
import type { ExitCode } from './terminal/exit-code.ts'
import { exitCodeOf, exitCodes } from './terminal/exit-code.ts'
import type { FilterOptions, HandedOut, LookUpOutcome } from './asking/lookup.ts'
import { addFilterOptions, exitCodeOfRefusal, lookUp } from './asking/lookup.ts'
import { pause } from './asking/pause.ts'
import type { Terminal } from './terminal/terminal.ts'
import { printable } from './terminal/terminal.ts'

interface CommandOptions extends FilterOptions {
  readonly daemon?: string
  readonly path: string
  readonly timeout: number
  readonly every?: number
  readonly json?: true
}

/** Resolving again gives another provider by chance: of two with the same weight, all but surely in so many attempts. */
const resolveAttempts = 32

export function createCallCommand(terminal: Terminal): Command {
  const command = new Command('call')
    .description('resolve a service and really call it: http and https by GET or POST, tcp by an SP request (REQ)')
    .argument('<name>', 'service to call')
    .argument('[body]', 'body of the request; over HTTP it makes a POST')
    .addOption(createDaemonOption())
    .option('--path <path>', 'path of the HTTP request', '/')
    .option('--timeout <duration>', 'for one call, connecting included', readDurationMs, 5000)
    .option('--every <duration>', 'call again and again, one line for each call, until interrupted', readDurationMs)
    .option('--json', 'print who was called, the reply and the time it took as one line of JSON')
    .addHelpText(
      'after',
      `
The reply goes to stdout, who said it to stderr; on a terminal, and with --every, both are one line.

Environment:
${formatVariables(engineVariables)}

Examples:
  rollcall call answer
  rollcall call web --path /hello
  rollcall call answer 'What is the answer?' --json
  rollcall call answer --every 2s`,
    )
    .action(async (name: string, body: string | undefined, options: CommandOptions) => {
      const engine = openEngineOf(terminal.env)
      try {
        await run(terminal, engine, name, body, options)
      } finally {
        await engine.close()
      }
    })
  return addFilterOptions(command)
}

async function run(
  terminal: Terminal,
  engine: LazyEngine,
  name: string,
  body: string | undefined,
  options: CommandOptions,
): Promise<void> {
  const urls = readDaemonUrls(options.daemon, terminal.env)
  const signal = terminal.untilSignal()
  const call: CallOptions = { body, path: options.path, timeoutMs: options.timeout, signal, engine }
  const once = (): Promise<ExitCode> => callOnce(terminal, urls, name, options, call)
  if (options.every === undefined) return terminal.finish(await once())
  while (!signal.aborted) {
    // The loop outlives daemons and providers that are away; what was wrong is one line like any other call.
    const code = await once().catch((error: unknown) => {
      if (!signal.aborted) terminal.note(`rollcall: ${describe(error)}`)
      return exitCodeOf(error)
    })
    if (code === exitCodes.usage) return terminal.finish(code)
    await pause(options.every, signal)
  }
  return terminal.finish(exitCodes.ok)
}

function describe(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error))
}

async function callOnce(
  terminal: Terminal,
  urls: readonly string[],
  name: string,
  options: CommandOptions,
  call: CallOptions,
): Promise<ExitCode> {
  const lookUpOptions = { env: terminal.env, ...(call.signal && { signal: call.signal }) }
  const resolve = (): Promise<LookUpOutcome> => lookUp(urls, name, options, lookUpOptions)
  const found = await resolve()
  if (found.outcome === 'REFUSED') {
    terminal.note(`rollcall: ${printable(found.message)}`)
    return exitCodeOfRefusal(found)
  }
  let { provider } = found
  let reply: CallReply
  try {
    reply = await callProvider(provider, call)
  } catch (error) {
    if (!(error instanceof RollcallError) || error.code !== 'ADDRESS_UNREACHABLE') throw error
    const other = await resolveAnother(resolve, provider)
    if (other === undefined) throw error
    terminal.note(`rollcall: ${printable(error.message)}; calling ${printable(other.id)}`)
    provider = other
    reply = await callProvider(provider, call)
  }
  return printReply(terminal, provider, reply, options)
}

/** Any provider but this one; undefined when there is none, or chance gives the same one each time. */
async function resolveAnother(
  resolve: () => Promise<LookUpOutcome>,
  refused: HandedOut,
): Promise<HandedOut | undefined> {
  for (let attempt = 0; attempt < resolveAttempts; attempt += 1) {
    const found = await resolve()
    if (found.outcome === 'REFUSED') return undefined
    if (found.provider.address !== refused.address) return found.provider
  }
  return undefined
}

function printReply(terminal: Terminal, provider: HandedOut, reply: CallReply, options: CommandOptions): ExitCode {
  const { body, status, durationMs } = reply
  const isFine = status === undefined || (status >= 200 && status < 300)
  const said = status === undefined || isFine ? 'said' : `said (status ${status})`
  const id = printable(provider.id)
  if (options.json) {
    // A reply that is no text is given as it came, in base64.
    const content = isUtf8(body) ? { reply: body.toString() } : { replyBase64: body.toString('base64') }
    terminal.print(JSON.stringify({ provider, status, ...content, durationMs }))
  } else if (terminal.isInteractive || options.every !== undefined) {
    const [first = '', ...rest] = body
      .toString()
      .replace(/\r?\n$/, '')
      .split(/\r?\n/)
    terminal.print(`${terminal.paint('green', id)} ${said}: ${printable(first)}`)
    for (const line of rest) terminal.print(printable(line))
  } else {
    terminal.note(`${id} ${said}:`)
    terminal.write(body)
    if (body.at(-1) !== 0x0a) terminal.write('\n')
  }
  return isFine ? exitCodes.ok : exitCodes.error
}
