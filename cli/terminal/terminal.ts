// What a subcommand sees of the world outside: environment, output, signals and the exit code. A subcommand takes it as
// an argument and touches `process` nowhere else. Results go to stdout, everything said about them to stderr.

import { basename, relative } from 'node:path'
import { isatty } from 'node:tty'
import { stripVTControlCharacters, styleText } from 'node:util'

import type { ExitCode } from './exit-code.ts'

export type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'dim' | 'bold'

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** A person reads stdout: lines may be redrawn, and the human forms are the default. */
  readonly isInteractive: boolean
  /** The same of stderr. */
  readonly isStderrInteractive: boolean
  /** How the user would start this program again, for commands to try. */
  readonly programName: string
  columns(): number
  rows(): number
  /** The text in this colour on a terminal that wants colours, else as it is. */
  paint(colour: Colour, text: string): string
  print(line: string): void
  /** Bytes to stdout as they are, without a line end. */
  write(bytes: string | Uint8Array): void
  /** A line to stderr. */
  note(line: string): void
  /** Takes SIGINT, SIGTERM and SIGHUP from now on: the signal that comes back is aborted by the first of them. The
   * second one ends the process at once. */
  untilSignal(): AbortSignal
  /** Calls `run` at each SIGHUP, which ends nothing from then on. */
  onHangup(run: () => void): void
  /** Calls `run` at each of these signals, which end nothing from then on. */
  onSignals(names: readonly NodeJS.Signals[], run: (name: NodeJS.Signals) => void): void
  isInterrupted(): boolean
  finish(code: ExitCode): void
  /** Ends as another program did, for which this one stood. */
  finishAs(code: number): void
}

export function openTerminal(): Terminal {
  const { stdout, stderr, env } = process
  // A reader that has seen enough (`rollcall services | head -1`) is no failure.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      process.exit()
    })
  }
  // Knows NO_COLOR and terminals without colours.
  const hasColours = isatty(1) && stdout.hasColors()
  let interrupt: AbortController | undefined
  return {
    env,
    isInteractive: isatty(1),
    isStderrInteractive: isatty(2),
    programName: describeProgram(process.argv[1] ?? '', env),
    // A pseudo-terminal that was never given a size reports 0.
    columns: () => stdout.columns || 80,
    rows: () => stdout.rows || 24,
    paint: (colour, text) => (hasColours ? styleText(colour, text, { validateStream: false }) : text),
    print: (line) => void stdout.write(`${line}\n`),
    write: (bytes) => void stdout.write(bytes),
    note: (line) => void stderr.write(`${line}\n`),
    untilSignal() {
      if (interrupt !== undefined) return interrupt.signal
      const controller = new AbortController()
      interrupt = controller
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => controller.abort())
      return controller.signal
    },
    onHangup(run) {
      process.removeAllListeners('SIGHUP')
      process.on('SIGHUP', run)
    },
    onSignals(names, run) {
      for (const name of names) process.on(name, run)
    },
    isInterrupted: () => interrupt?.signal.aborted === true,
    finish(code) {
      process.exitCode = code
    },
    finishAs(code) {
      process.exitCode = code
    },
  }
}

function describeProgram(script: string, env: Terminal['env']): string {
  // npx puts the program on the path for one command only.
  if (env['npm_command'] === 'exec') return 'npx rollcall'
  if (basename(script) === 'rollcall') return 'rollcall'
  const path = relative(process.cwd(), script)
  return `node ${path.startsWith('..') ? script : path}`
}

/** Text from elsewhere, made harmless for a terminal: control characters are shown as `\x1b`, not obeyed. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    if (character === '\t') return '  '
    return `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`
  })
}

const graphemes = new Intl.Segmenter()

/** Columns that the text takes on a terminal, colours not counted. */
export function widthOf(text: string): number {
  return [...graphemes.segment(stripVTControlCharacters(text))].length
}
