// An end that is a client in Node, in a process of its own.

import type { Command } from '../children/messaging-end.ts'
import type { End } from '../peers/messaging/peer.ts'
import { startChild } from '../child.ts'

export async function openNodeEnd(peer: string, server: string): Promise<End> {
  const child = startChild('messaging-end', [peer, server])
  await child.next()
  async function tell<Answer>(command: Command): Promise<Answer> {
    const { answer, error }: { readonly answer: Answer; readonly error?: string } = Object(await child.ask(command))
    if (error !== undefined) throw new Error(error)
    return answer
  }
  return {
    open: (role, address = '', count = 1) => tell({ command: 'open', role, address, count }),
    send: (role, load) => tell({ command: 'send', role, load }),
    request: (durationMs, inFlight) => tell({ command: 'request', durationMs, inFlight }),
    reset: (hearing) => tell({ command: 'reset', hearing }),
    report: () => tell({ command: 'report' }),
    percentiles: () => tell({ command: 'percentiles' }),
    close: () => child.kill(),
  }
}
