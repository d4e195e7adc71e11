// What every listing command makes of a daemon's reply: the refusal as it is shown, and where the reply comes from.

import type { View } from '../terminal/view.ts'
import type { DaemonReply } from './daemon-client.ts'
import { readProblem } from './daemon-client.ts'
import { exitCodeOfRefusal } from './lookup.ts'
import { printable } from '../terminal/terminal.ts'

export function createRefusedView(reply: DaemonReply): View {
  const problem = readProblem(reply)
  const code = exitCodeOfRefusal({ ...problem, status: reply.status })
  return { lines: [], notes: [`rollcall: ${printable(problem.message)}`], json: [], code, source: sourceOf(reply) }
}

/** Which daemon it was, and which round its reply rests on. */
export function sourceOf({ url, round }: DaemonReply): string {
  return round === undefined ? url : `${url}  round ${round}`
}
