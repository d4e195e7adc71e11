// An end that is a client in Node, in a process of its own.

import type { Command } from '../children/messaging-end.ts'
import type { End } from '../peers/messaging/peer.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { startChild } from '../child.ts'

/** A profile is written at the end, by whoever does not hang. */
const writesProfileWithinMs = 10_000
let profiled = 0

/** `profiles`: a folder for a CPU profile of it; the two ends of a pair are numbered in the order in which they are opened. */
export async function openNodeEnd(peer: string, server: string, profiles?: string): Promise<End> {
  const execArgv = profiles === undefined ? [] : profileTo(profiles, `${peer}-${(profiled += 1)}`)
  const child = startChild('messaging-end', [peer, server], { execArgv })
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
    async close() {
      if (profiles !== undefined)
        await Promise.race([child.end(), delay(writesProfileWithinMs, undefined, { ref: false })])
      await child.kill()
    },
  }
}

function profileTo(folder: string, name: string): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name.replaceAll(' ', '-')}.cpuprofile`]
}
