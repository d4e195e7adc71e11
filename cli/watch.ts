// `rollcall watch [NAME]`: who is there, then one line for each change as a daemon sees it, until interrupted. Goes on with another
// daemon when one is lost, and then tells what was missed.

import { Command, InvalidArgumentError } from 'commander'
import { createDaemonOption, readDaemonUrls } from './asking/daemon-client.ts'
import { openDeadline } from './asking/deadline.ts'
import { readName } from './asking/lookup.ts'
import { readDurationMs } from './terminal/duration.ts'
import type { ExitCode } from './terminal/exit-code.ts'
import { exitCodes } from './terminal/exit-code.ts'
import type { Colour, Terminal } from './terminal/terminal.ts'
import { printable } from './terminal/terminal.ts'
import type { FollowedEvent } from './watch/follow-daemons.ts'
import { followDaemons } from './watch/follow-daemons.ts'
import type { RollCopy, WatchedChange, WatchedChangeType } from './watch/roll-copy.ts'
import { createRollCopy } from './watch/roll-copy.ts'

interface WatchOptions {
  readonly daemon?: string
  readonly count?: number
  readonly timeout?: number
  readonly json?: true
}

const colours: Readonly<Record<WatchedChangeType, Colour>> = Object.freeze({
  here: 'dim',
  joined: 'green',
  updated: 'cyan',
  suspected: 'yellow',
  recovered: 'green',
  draining: 'yellow',
  left: 'red',
})

/** Of most names and ids; a longer one moves its address to the right. */
const nameWidth = 28

export function createWatchCommand(terminal: Terminal): Command {
  return new Command('watch')
    .description('print who is there, then every change as it happens')
    .argument('[name]', 'service to watch (default: all)')
    .addOption(createDaemonOption())
    .option('--count <count>', 'end after so many changes; fewer are exit code 5', readCount)
    .option('--timeout <duration>', 'end after this time (default: when interrupted)', readDurationMs)
    .option('--json', 'print each as one line of JSON: type, at, daemon, instance')
    .addHelpText(
      'after',
      `
A change is joined, updated, suspected, recovered, draining or left; who was there before is "here", and is not counted. Of
several daemons one is watched; when it is lost the next one is, and what was missed is told.

Examples:
  rollcall watch
  rollcall watch web --count 1
  rollcall watch --json | jq -r 'select(.type == "left") | .instance.id'`,
    )
    .action(async (name: string | undefined, options: WatchOptions) => {
      const urls = readDaemonUrls(options.daemon, terminal.env)
      const path = name === undefined ? '/watch' : `/watch/${encodeURIComponent(readName(name))}`
      const deadline = openDeadline(options.timeout, terminal.untilSignal())
      try {
        terminal.finish(await watch(terminal, urls, path, options, deadline.signal))
      } finally {
        deadline.close()
      }
    })
}

function readCount(text: string): number {
  const count = Number(text)
  if (/^\d{1,9}$/.test(text) && count >= 1) return count
  throw new InvalidArgumentError('A count is a whole number from 1.')
}

async function watch(
  terminal: Terminal,
  urls: readonly string[],
  path: string,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const copy = createRollCopy()
  const events = followDaemons(urls, path, {
    env: terminal.env,
    signal,
    onLost: (url, reason) =>
      terminal.note(`rollcall: ${url} is not watched any more: ${printable(reason)}; trying again`),
    onFound: (url) => terminal.note(`rollcall: ${url} is watched now`),
  })
  let changes = 0
  for await (const event of events) {
    const wasComplete = copy.isComplete
    for (const change of copy.apply(event.type, event.data)) {
      print(terminal, event, change, options)
      if (change.type !== 'here') changes += 1
      if (changes === options.count) return exitCodes.ok
    }
    if (copy.isComplete !== wasComplete) noteKnowledge(terminal, copy)
  }
  if (terminal.isInterrupted()) return exitCodes.ok
  if (copy.isComplete === undefined) return exitCodes.unknown
  return options.count === undefined ? exitCodes.ok : exitCodes.tooFew
}

function print(terminal: Terminal, { url }: FollowedEvent, change: WatchedChange, { json }: WatchOptions): void {
  const { type, at, instance } = change
  if (json) return terminal.print(JSON.stringify({ type, at, daemon: url, instance }))
  const time = terminal.paint('dim', new Date(at).toTimeString().slice(0, 8))
  const name = printable(`${instance.service}/${instance.id}`).padEnd(nameWidth)
  const about = [printable(instance.address), ...describe(change)].join('  ')
  terminal.print(`${time}  ${terminal.paint(colours[type], type.padEnd(9))}  ${name}  ${about}`)
}

/** What the type of the change does not say. */
function describe({ type, instance }: WatchedChange): string[] {
  const details: string[] = []
  if (instance.status !== 'passing' && type !== 'draining') details.push(printable(instance.status))
  if (type === 'here' && instance.state === 'suspect') details.push('suspect')
  if (type === 'suspected') details.push(instance.detached ? 'its connection is closed' : 'it does not answer')
  return details
}

function noteKnowledge(terminal: Terminal, copy: RollCopy): void {
  if (!copy.isComplete) terminal.note('the daemon is still warming up: more may be here than it knows of')
  else if (copy.size === 0) terminal.note('nobody is on the roll')
}
