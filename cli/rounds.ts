// `rollcall rounds`: the last rounds of a daemon as it keeps them: whom it asked, who answered, who did not.
// Shows what the daemon says; judges nothing.

import { Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import type { DaemonReply } from './asking/daemon-client.ts'
import { askDaemons, createDaemonOption, readDaemonUrls } from './asking/daemon-client.ts'
import { readReply } from './asking/lookup.ts'
import { createRefusedView, sourceOf } from './asking/reply-view.ts'
import { formatDuration } from './terminal/duration.ts'
import { exitCodes } from './terminal/exit-code.ts'
import { formatTable } from './terminal/table.ts'
import type { Terminal } from './terminal/terminal.ts'
import { printable } from './terminal/terminal.ts'
import type { View } from './terminal/view.ts'
import { showLive, showOnce } from './terminal/view.ts'

interface RoundsOptions {
  readonly daemon?: string
  readonly last: number
  readonly watch?: true
  readonly json?: true
}

/** As many as a daemon keeps. */
const maxRounds = 100

/** Title, headings, and what may be wrong. */
const headRows = 5

const roundsSchema = z.looseObject({
  rounds: z.array(
    z.looseObject({
      round: z.number(),
      startedAt: z.iso.datetime(),
      durationMs: z.number(),
      asked: z.number().nullable(),
      answered: z.number(),
      missing: z.array(z.string()),
      late: z.number(),
      isLagged: z.boolean(),
    }),
  ),
})

type RoundReply = z.infer<typeof roundsSchema>['rounds'][number]

export function createRoundsCommand(terminal: Terminal): Command {
  return new Command('rounds')
    .description('list the last rounds: asked, answered, who was missing, and how long each took')
    .addOption(createDaemonOption())
    .option('--last <count>', `how many, 1 to ${maxRounds}`, readCount, 10)
    .option('--watch', 'look again every second, until interrupted: in place on a terminal')
    .option('--json', 'print each round as one line of JSON; with --watch, each new one')
    .addHelpText(
      'after',
      `
ASKED counts connections, of which one may answer for many; MISSING names who did not, as service/id.

Examples:
  rollcall rounds
  rollcall rounds --last 50
  rollcall rounds --watch
  rollcall rounds --json | jq -r 'select(.missing != []) | .startedAt'`,
    )
    .action(async (options: RoundsOptions) => {
      const urls = readDaemonUrls(options.daemon, terminal.env)
      const isNew = createNewness()
      const isRedrawn = options.watch && !options.json && terminal.isInteractive
      // The latest are what is watched: on a terminal that is too low the oldest make room.
      const count = () => (isRedrawn ? Math.max(1, Math.min(options.last, terminal.rows() - headRows)) : options.last)
      const look = async (signal?: AbortSignal): Promise<View> => {
        const reply = await askDaemons(urls, '/rounds', { env: terminal.env, ...(signal && { signal }) })
        if (reply.status !== 200) return createRefusedView(reply)
        const { rounds } = readReply(roundsSchema, reply.body, reply.url)
        return createView(terminal, reply, rounds.slice(-count()), isNew)
      }
      const json = options.json === true
      if (options.watch) await showLive(terminal, look, { title: 'rollcall rounds', json })
      else showOnce(terminal, await look(), { json })
    })
}

function readCount(text: string): number {
  const count = Number(text)
  if (/^\d{1,3}$/.test(text) && count >= 1 && count <= maxRounds) return count
  throw new InvalidArgumentError(`It is a whole number of 1 to ${maxRounds}.`)
}

/** Whether a round of a daemon was not shown before. Rounds are numbered anew by each daemon at each start; their times go on. */
function createNewness(): (url: string, round: RoundReply) => boolean {
  const shownUntil = new Map<string, number>()
  return (url, { startedAt }) => {
    const startedAtMs = Date.parse(startedAt)
    if (startedAtMs <= (shownUntil.get(url) ?? 0)) return false
    shownUntil.set(url, startedAtMs)
    return true
  }
}

function createView(
  terminal: Terminal,
  reply: DaemonReply,
  rounds: readonly RoundReply[],
  isNew: (url: string, round: RoundReply) => boolean,
): View {
  const source = sourceOf(reply)
  if (rounds.length === 0) {
    return { lines: [], notes: ['no round has ended yet'], json: [], code: exitCodes.ok, source }
  }
  const headings = ['ROUND', 'STARTED', 'ASKED', 'ANSWERED', 'LATE', 'TOOK', 'MISSING']
  const rows = rounds.map((round) => describeRound(terminal, round))
  const json = rounds.filter((round) => isNew(reply.url, round))
  return { lines: formatTable(headings, rows), notes: [], json, code: exitCodes.ok, source }
}

function describeRound(terminal: Terminal, round: RoundReply): string[] {
  const missing = round.missing.map(printable).join(', ')
  const lagged = round.isLagged ? 'held against nobody: the daemon itself lagged' : ''
  return [
    String(round.round),
    new Date(round.startedAt).toTimeString().slice(0, 8),
    round.asked === null ? '-' : String(round.asked),
    String(round.answered),
    String(round.late),
    formatDuration(round.durationMs),
    [missing === '' ? '-' : terminal.paint('yellow', missing), lagged].filter(Boolean).join('  '),
  ]
}
