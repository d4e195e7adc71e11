// `rollcall wait NAME`: ends as soon as so many providers of a service are there, alive and passing; for scripts and for init
// containers, which start before the daemons do. Whoever is not there in time is named.

import { Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { readFilter } from '../discovery/lookup/choice-filter.ts'
import type { ChoiceFilter } from '../messaging/roll/choose.ts'
import { isMatch } from '../messaging/roll/choose.ts'
import { RollcallError } from '../messaging/sp/error.ts'
import type { AskOptions, DaemonReply } from './asking/daemon-client.ts'
import { askDaemons, createDaemonOption, readDaemonUrls, readProblem } from './asking/daemon-client.ts'
import { openDeadline } from './asking/deadline.ts'
import type { FilterOptions } from './asking/lookup.ts'
import { addHardFilterOptions, readName, readReply } from './asking/lookup.ts'
import { pause } from './asking/pause.ts'
import { formatDuration, readDurationMs } from './terminal/duration.ts'
import type { ExitCode } from './terminal/exit-code.ts'
import { exitCodes } from './terminal/exit-code.ts'
import type { Terminal } from './terminal/terminal.ts'
import { printable } from './terminal/terminal.ts'

interface WaitOptions extends Omit<FilterOptions, 'near'> {
  readonly daemon?: string
  readonly count: number
  readonly timeout: number
  readonly json?: true
}

/** Between two questions: short beside a round, and nothing to a daemon. */
const pollMs = 200

const instanceSchema = z.looseObject({
  id: z.string(),
  address: z.string(),
  protocol: z.string(),
  zone: z.string(),
  version: z.string(),
  tags: z.array(z.string()),
  status: z.string(),
  state: z.enum(['alive', 'suspect']),
})

const instancesSchema = z.looseObject({ instances: z.array(instanceSchema) })

type InstanceReply = z.infer<typeof instanceSchema>

/** What was seen last, as far as the filter lets it through. */
interface Sight {
  readonly present: readonly InstanceReply[]
  readonly others: readonly InstanceReply[]
  /** Why nothing is known; else undefined. */
  readonly unknown: string | undefined
}

export function createWaitCommand(terminal: Terminal): Command {
  const command = new Command('wait')
    .description('wait until so many providers of a service are there, alive and passing')
    .argument('<name>', 'service to wait for')
    .addOption(createDaemonOption())
    .option('--count <count>', 'how many', readCount, 1)
    .option('--timeout <duration>', 'for how long', readDurationMs, 60_000)
    .option('--json', 'print what was there at the end as one line of JSON')
    .addHelpText(
      'after',
      `
Exit code 0 as soon as they are there; 5 when fewer were there to the end; 4 when no daemon could say. Daemons that are not
up yet are waited for as well. Default of --timeout: 1m.

Examples:
  rollcall wait web
  rollcall wait web --count 3 --timeout 30s
  rollcall wait web --tag canary --version '>=2' && ./start`,
    )
    .action(async (name: string, options: WaitOptions) => {
      const urls = readDaemonUrls(options.daemon, terminal.env)
      const path = `/services/${encodeURIComponent(readName(name))}`
      const filter = readFilterOptions(options)
      const interrupted = terminal.untilSignal()
      const deadline = openDeadline(options.timeout, interrupted)
      try {
        const look = (): Promise<Sight> => lookAt(urls, path, filter, { env: terminal.env, signal: deadline.signal })
        const sight = await waitFor(look, options.count, deadline.signal)
        interrupted.throwIfAborted()
        terminal.finish(report(terminal, name, sight, options))
      } finally {
        deadline.close()
      }
    })
  return addHardFilterOptions(command)
}

function readCount(text: string): number {
  const count = Number(text)
  if (/^\d{1,5}$/.test(text) && count >= 1) return count
  throw new InvalidArgumentError('A count is a whole number from 1.')
}

/** The form is checked here: the daemon that would refuse it may not be up yet. */
function readFilterOptions({ zone, tag, version }: WaitOptions): ChoiceFilter {
  const given = Object.entries({ zone, tag, version }).filter(([, value]) => value !== undefined)
  const read = readFilter(Object.fromEntries(given))
  if ('reason' in read) throw new RollcallError('NAME_INVALID', read.reason)
  return read.filter
}

/** Looks until there are enough or the signal is aborted, and gives what was seen last. */
async function waitFor(look: () => Promise<Sight>, count: number, signal: AbortSignal): Promise<Sight> {
  let sight: Sight = { present: [], others: [], unknown: 'no daemon has answered yet' }
  while (!signal.aborted) {
    sight = await look().catch((error: unknown): Sight => {
      if (signal.aborted) return sight
      if (error instanceof RollcallError && error.code === 'LOOKUP_FAILED')
        return { present: [], others: [], unknown: error.message }
      throw error
    })
    if (sight.present.length >= count) break
    await pause(pollMs, signal)
  }
  return sight
}

async function lookAt(
  urls: readonly string[],
  path: string,
  filter: ChoiceFilter,
  options: AskOptions,
): Promise<Sight> {
  const reply = await askDaemons(urls, path, options)
  if (reply.status !== 200) return readRefusal(reply)
  const { instances } = readReply(instancesSchema, reply.body, reply.url)
  const matching = instances.filter((instance) => isMatch(instance, filter))
  return {
    present: matching.filter(isPresent),
    others: matching.filter((instance) => !isPresent(instance)),
    unknown: undefined,
  }
}

function isPresent({ state, status }: InstanceReply): boolean {
  return state === 'alive' && status === 'passing'
}

function readRefusal(reply: DaemonReply): Sight {
  const { code, message } = readProblem(reply)
  if (reply.status === 400) throw new RollcallError('NAME_INVALID', message)
  return { present: [], others: [], unknown: code === 'UNKNOWN_SERVICE' ? undefined : message }
}

function report(terminal: Terminal, name: string, sight: Sight, options: WaitOptions): ExitCode {
  const { present, others, unknown } = sight
  const isEnough = present.length >= options.count
  if (options.json) terminal.print(JSON.stringify({ service: name, wanted: options.count, isEnough, present, others }))
  if (isEnough) {
    if (!options.json) terminal.note(`${name}: ${describeCount(present.length)} alive and passing`)
    return exitCodes.ok
  }
  const after = `after ${formatDuration(options.timeout)}`
  if (unknown !== undefined) {
    terminal.note(`rollcall: ${name}: not known ${after}: ${printable(unknown)}`)
    return exitCodes.unknown
  }
  const instead = others.map(({ id, state, status }) => `${id} is ${state === 'alive' ? status : state}`)
  const details = instead.length === 0 ? '' : `; ${printable(instead.join(', '))}`
  terminal.note(`rollcall: ${name}: only ${present.length} of ${options.count} alive and passing ${after}${details}`)
  return exitCodes.tooFew
}

function describeCount(count: number): string {
  return count === 1 ? '1 is' : `${count} are`
}
