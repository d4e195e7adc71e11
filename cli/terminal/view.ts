// What a listing command has to show, and the two ways of showing it: once, or again and again until a signal. On a terminal the
// live form is redrawn in place and leaves the scroll-back as it was; elsewhere it is printed anew each time.

import { pause } from '../asking/pause.ts'
import type { ExitCode } from './exit-code.ts'
import { exitCodeOf, exitCodes } from './exit-code.ts'
import { openScreen } from './screen.ts'
import type { Terminal } from './terminal.ts'
import { printable } from './terminal.ts'

export interface View {
  /** For people, on stdout. */
  readonly lines: readonly string[]
  /** For people, on stderr. */
  readonly notes: readonly string[]
  /** For programs: each is printed as one line of JSON. */
  readonly json: readonly unknown[]
  readonly code: ExitCode
  /** Where it comes from, for the heading of the live form. */
  readonly source?: string
}

export interface ShowOptions {
  readonly json: boolean
}

export interface LiveOptions extends ShowOptions {
  readonly title: string
}

/** That of the rounds, by default: more often nothing new is known. */
const redrawMs = 1000

export function showOnce(terminal: Terminal, view: View, { json }: ShowOptions): void {
  if (json) for (const line of view.json) terminal.print(JSON.stringify(line))
  else for (const line of view.lines) terminal.print(line)
  if (!json || view.json.length === 0) for (const note of view.notes) terminal.note(note)
  terminal.finish(view.code)
}

/** Looks and shows once a second, until a signal. Outlives daemons that are away; wrong use ends it at once. */
export async function showLive(
  terminal: Terminal,
  look: (signal: AbortSignal) => Promise<View>,
  { title, json }: LiveOptions,
): Promise<void> {
  const signal = terminal.untilSignal()
  const screen = terminal.isInteractive && !json ? openScreen(terminal) : undefined
  let last: View | undefined
  try {
    while (!signal.aborted) {
      const view = await look(signal).catch((error: unknown) => describeFailure(error, last))
      if (signal.aborted) break
      if (view.code === exitCodes.usage) return failUse(terminal, view, () => screen?.close())
      if (screen === undefined) printAgain(terminal, view, json, last !== undefined)
      else screen.draw(createFrame(terminal, view, title))
      last = view
      await pause(redrawMs, signal)
    }
  } finally {
    screen?.close()
  }
  terminal.finish(exitCodes.ok)
}

/** What was seen last stays in sight, with what is wrong now. */
function describeFailure(error: unknown, last: View | undefined): View {
  const message = printable(error instanceof Error ? error.message : String(error))
  const lines = last?.lines ?? []
  return { ...last, lines, json: [], notes: [`rollcall: ${message}`], code: exitCodeOf(error) }
}

function failUse(terminal: Terminal, view: View, leave: () => void): void {
  leave()
  for (const note of view.notes) terminal.note(note)
  terminal.finish(view.code)
}

function printAgain(terminal: Terminal, view: View, json: boolean, isLater: boolean): void {
  if (isLater && !json) terminal.print('')
  showOnce(terminal, view, { json })
}

/** No longer than the terminal is high: what does not fit is counted. */
function createFrame(terminal: Terminal, view: View, title: string): string[] {
  const time = new Date().toTimeString().slice(0, 8)
  const source = view.source === undefined ? '' : `  ${view.source}`
  const head = [`${terminal.paint('bold', title)}${terminal.paint('dim', `${source}  ${time}  Ctrl-C ends`)}`, '']
  const notes = view.notes.length === 0 ? [] : ['', ...view.notes.map((note) => terminal.paint('yellow', note))]
  const room = Math.max(1, terminal.rows() - head.length - notes.length)
  const { lines } = view
  if (lines.length <= room) return [...head, ...lines, ...notes]
  const hidden = terminal.paint('dim', `… and ${lines.length - room + 1} more`)
  return [...head, ...lines.slice(0, room - 1), hidden, ...notes]
}
