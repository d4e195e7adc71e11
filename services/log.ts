// The log of a program of ours: JSON for machines, one readable line per entry for people. Used by every main.ts here and
// by the CLI. Promises to write one line per entry whatever is in it; the environment readers check the variables.

import { styleText } from 'node:util'

import { pino } from 'pino'
import type { Logger } from 'pino'

export type LogFormat = 'json' | 'line'

/** What a log needs of the stream that it is written to: process.stdout has it all. */
export interface LogStream {
  readonly isTTY?: boolean
  write(text: string): unknown
  hasColors?(): boolean
}

export interface LogOptions {
  /** Least severe level that is written. Default `info`. */
  readonly level?: string | undefined
  /** Default: `line` on a terminal, where a person reads, else `json`. */
  readonly format?: LogFormat | undefined
  /** Default: stdout, as containers expect. */
  readonly out?: LogStream | undefined
}

export function createLog(options: LogOptions = {}): Logger {
  const out: LogStream = options.out ?? process.stdout
  const format = options.format ?? (out.isTTY ? 'line' : 'json')
  // Knows NO_COLOR and terminals without colours.
  const isColoured = out.isTTY === true && out.hasColors?.() === true
  const write =
    format === 'json'
      ? (line: string): void => void out.write(line)
      : (line: string): void => void out.write(formatLine(line, isColoured))
  return pino(
    {
      level: options.level ?? 'info',
      // A container's runtime knows the pid and the host name already.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  )
}

const colours: Readonly<Record<string, 'red' | 'yellow' | 'green' | 'dim'>> = Object.freeze({
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
})

/** `12:00:01 info  instance joined service=answer id=answer-1`: an entry of the JSON log as a line for people. */
export function formatLine(json: string, isColoured = false): string {
  const { level, time, msg, ...rest }: Record<string, unknown> = JSON.parse(json)
  const clock = new Date(String(time)).toTimeString().slice(0, 8)
  const label = String(level).padEnd(5)
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${formatValue(value)}`)
  const paint = (colour: 'red' | 'yellow' | 'green' | 'dim', text: string): string =>
    isColoured ? styleText(colour, text) : text
  const head = `${paint('dim', clock)} ${paint(colours[String(level)] ?? 'dim', label)}`
  return `${[head, escapeControls(typeof msg === 'string' ? msg : ''), ...fields].join(' ')}\n`
}

function formatValue(value: unknown): string {
  if (isLoggedError(value)) return JSON.stringify(value.message)
  if (typeof value === 'string' && /^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(value) && !/["=]/.test(value)) return value
  return JSON.stringify(value) ?? 'undefined'
}

/** As pino's serializer leaves an Error under `err`. */
function isLoggedError(value: unknown): value is { readonly message: string } {
  return typeof value === 'object' && value !== null && 'stack' in value && 'message' in value
}

function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1))
}
