// `rollcall sp PATTERN`: one SP socket of any pattern on the command line, as nanocat and nngcat have it, with their option
// names. What the options mean is read here; what a pattern does with them is in sp/conversation.ts, how messages look in sp/output.ts.

import { readFile } from 'node:fs/promises'

import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { RollcallError } from '../messaging/sp/error.ts'
import { readDurationMs } from './terminal/duration.ts'
import type { LazyEngine } from './asking/engine.ts'
import { engineVariables, openEngineOf } from './asking/engine.ts'
import { formatVariables } from './terminal/environment-help.ts'
import type { Plan, Target } from './sp/conversation.ts'
import { converse } from './sp/conversation.ts'
import type { OutputFormat } from './sp/output.ts'
import { outputFormats } from './sp/output.ts'
import { patterns } from './sp/patterns.ts'
import type { PatternName } from './sp/patterns.ts'
import { readCredentials } from './sp/credentials.ts'
import type { Terminal } from './terminal/terminal.ts'

interface SpCommandOptions {
  readonly listen?: readonly string[]
  readonly dial?: readonly string[]
  readonly bindLocal?: readonly string[]
  readonly connectLocal?: readonly string[]
  readonly bindIpc?: readonly string[]
  readonly connectIpc?: readonly string[]
  readonly priority?: number
  readonly data?: string
  readonly file?: string
  readonly count?: number
  readonly interval?: number
  readonly delay?: number
  readonly deadline?: number
  readonly recvTimeout?: number
  readonly sendTimeout?: number
  readonly recvMaxsz?: number
  readonly subscribe?: readonly string[]
  readonly format: OutputFormat
  readonly silent?: true
  readonly verbose?: true
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
  readonly service?: string
  /** The pattern as an option. */
  readonly pattern?: PatternName
}

export function createSpCommand(terminal: Terminal): Command {
  const command = new Command('sp')
    .description('one socket of any SP pattern: dial or listen, send, and print what comes')
    .addArgument(
      new Argument('[pattern]', 'what the socket is; also --req, --req0 and so on').choices(Object.keys(patterns)),
    )
  const more = (text: string, before: readonly string[] = []): string[] => [...before, text]
  const format = (name: OutputFormat) => new Option(`--${name}`, `--format ${name}`).implies({ format: name })
  for (const [flag, pattern] of patternFlags())
    command.addOption(new Option(`--${flag}`).hideHelp().implies({ pattern }))
  return command
    .option('--listen <address>', 'listen at an address (several: repeat it); also --bind', more)
    .option('--dial <address>', 'dial an address (several: repeat it); also --connect', more)
    .addOption(new Option('--bind <address>').hideHelp().argParser(alias(command, 'listen', more)))
    .addOption(new Option('--connect <address>').hideHelp().argParser(alias(command, 'dial', more)))
    .option('-L, --bind-local <port>', 'listen at tcp://127.0.0.1:PORT', more)
    .option('-l, --connect-local <port>', 'dial tcp://127.0.0.1:PORT', more)
    .option('-X, --bind-ipc <path>', 'listen at ipc://PATH', more)
    .option('-x, --connect-ipc <path>', 'dial ipc://PATH', more)
    .option('--priority <1..16>', 'of these addresses: lower numbers are written to first', readNumber(1, 16))
    .option('-D, --data <text>', 'what is sent; what rep and respondent answer (default: what they were asked)')
    .option('-F, --file <file>', 'the same from a file; - is stdin')
    .option('-C, --count <number>', 'end after so many messages', readNumber(1, 1_000_000_000))
    .option('-i, --interval <duration>', 'send again and again, this long apart', readSecondsMs)
    .option('-d, --delay <duration>', 'wait before the first message is sent', readSecondsMs)
    .option('--deadline <duration>', 'how long a respondent (1s) or a replier (10s) may take', readSecondsMs)
    .option('--recv-timeout <duration>', 'end when nothing has come for so long', readSecondsMs)
    .option('--send-timeout <duration>', 'fail when a message finds no room, or nobody, for so long', readSecondsMs)
    .option('-Z, --recv-maxsz <bytes>', 'largest message taken (1 MiB)', readNumber(1, 2 ** 31 - 1))
    .option('--subscribe <prefix>', 'of sub: messages that begin so (several: repeat it; default: all)', more)
    .addOption(new Option('--format <format>', 'how messages are printed').choices(outputFormats).default('ascii'))
    .addOption(new Option('-A, --ascii', '--format ascii').implies({ format: 'ascii' }))
    .addOption(new Option('-Q, --quoted', '--format quoted').implies({ format: 'quoted' }))
    .addOption(format('raw'))
    .addOption(format('hex'))
    .addOption(format('msgpack'))
    .addOption(format('json'))
    .option('-q, --silent', 'say nothing of connections and endings')
    .option('-v, --verbose', 'say when peers come and go')
    .option('--cacert <file>', 'tls+tcp: the certificate authority that the peer must be signed by')
    .option('-E, --cert <file>', 'tls+tcp: the own certificate')
    .option('--key <file>', 'tls+tcp: the private key of the own certificate')
    .option('--service <name>', 'tls+tcp with the keys of the environment: whom it calls, or (respondent) answers for')
    .addHelpText(
      'after',
      `
A bare number of a duration is seconds, as with nanocat. Messages go to stdout, everything else to stderr.

Environment:
${formatVariables(engineVariables)}

Examples:
  rollcall sp rep --listen tcp://127.0.0.1:9000 -D 'The answer is 42'
  rollcall sp req --dial tcp://127.0.0.1:9000 -D question
  rollcall sp surveyor --listen tcp://*:5555 -D 'service query' --delay 2 --deadline 500ms
  rollcall sp sub --dial tcp://127.0.0.1:9001 --subscribe prices --format json --count 10`,
    )
    .action(async (argument: PatternName | undefined, options: SpCommandOptions) => {
      const pattern = argument ?? options.pattern
      if (!pattern)
        throw new RollcallError('ADDRESS_INVALID', `sp: no pattern; it is one of ${Object.keys(patterns).join(', ')}`)
      const engine = openEngineOf(terminal.env, options.recvMaxsz)
      const plan = await readPlan(pattern, options, engine)
      try {
        terminal.finish(await converse(terminal, await engine.open(), plan))
      } finally {
        await engine.close()
      }
    })
}

/** As nanocat and nngcat name them. */
function patternFlags(): [string, string][] {
  return Object.keys(patterns).flatMap((name) =>
    (/\d$/.test(name) ? [name] : [name, `${name}0`]).map((flag): [string, string] => [flag, name]),
  )
}

async function readPlan(pattern: PatternName, options: SpCommandOptions, { keyring }: LazyEngine): Promise<Plan> {
  const listen = [
    ...(options.listen ?? []),
    ...(options.bindLocal ?? []).map(formatLocal),
    ...(options.bindIpc ?? []).map((path) => `ipc://${path}`),
  ]
  const dial = [
    ...(options.dial ?? []),
    ...(options.connectLocal ?? []).map(formatLocal),
    ...(options.connectIpc ?? []).map((path) => `ipc://${path}`),
  ]
  if (listen.length + dial.length === 0)
    throw new RollcallError('ADDRESS_INVALID', 'sp: no address; give --dial or --listen tcp://host:port')
  if (options.data !== undefined && options.file !== undefined)
    throw new RollcallError('ADDRESS_INVALID', 'sp: --data and --file are two ways to say the same; give one')
  const { speaks, hears } = patterns[pattern]
  const body = await readBody(options)
  if (speaks === 'must' && body === undefined)
    throw new RollcallError('ADDRESS_INVALID', `sp ${pattern}: nothing to send; give --data or --file`)
  if (speaks === 'never' && body !== undefined)
    throw new RollcallError('ADDRESS_INVALID', `sp ${pattern}: only hears; --data and --file mean nothing to it`)
  if (!hears && options.recvTimeout !== undefined)
    throw new RollcallError('ADDRESS_INVALID', `sp ${pattern}: only sends; --recv-timeout means nothing to it`)
  const target: Target = {
    listen,
    dial,
    priority: options.priority,
    credentials: await readCredentials(options, pattern, keyring),
  }
  return { ...options, pattern, target, body, subscribe: options.subscribe ?? [''] }
}

async function readBody({ data, file }: SpCommandOptions): Promise<Buffer | undefined> {
  if (data !== undefined) return Buffer.from(data)
  if (file === undefined) return undefined
  if (file !== '-') return readFile(file)
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

function formatLocal(port: string): string {
  return `tcp://127.0.0.1:${port}`
}

function readNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`It is a whole number of ${least} to ${most}.`)
  }
}

/** nanocat and nngcat take seconds. */
function readSecondsMs(text: string): number {
  return readDurationMs(/^\d+(\.\d+)?$/.test(text) ? `${text}s` : text)
}

/** The other name of an option that may be repeated. */
function alias(command: Command, name: string, more: (text: string, before?: readonly string[]) => string[]) {
  return (text: string): string => {
    const before: readonly string[] | undefined = command.getOptionValue(name)
    command.setOptionValue(name, more(text, before))
    return text
  }
}
