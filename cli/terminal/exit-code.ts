// The exit codes of `rollcall`, one table for every subcommand, its help text and the scripts that read them.
// Promises that "there is nobody" and "I do not know yet" are never the same number.

import { RollcallError } from '../../messaging/sp/error.ts'

export const exitCodes = Object.freeze({
  ok: 0,
  error: 1,
  usage: 2,
  nobody: 3,
  unknown: 4,
  tooFew: 5,
  interrupted: 130,
})

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export const exitCodeHelp = `
Exit codes:
    0  it worked
    1  it did not: the message on stderr says why
    2  wrong use: an unknown option, a missing argument, a name or address of a form that is not accepted
    3  nobody: no such service, nobody matches or may be handed out, nobody answered
    4  not known: the daemon is still warming up, or none could be reached
    5  too few: fewer were there to the end than were waited for
  130  interrupted by Ctrl-C or a signal`

/** The exit code for what a subcommand threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof RollcallError)) return exitCodes.error
  switch (error.code) {
    case 'NAME_INVALID':
    case 'ADDRESS_INVALID':
      return exitCodes.usage
    case 'LOOKUP_FAILED':
      return exitCodes.unknown
    default:
      return exitCodes.error
  }
}
