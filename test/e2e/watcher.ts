// Asks a daemon for a provider of a name over and over while a test does harm, and keeps what was handed out with the round
// that it rested on. Judges nothing by itself.

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

export interface HandedOut {
  /** The daemon's last finished round when it answered. */
  readonly round: number
  readonly status: number
  /** Id of the provider, or the code of the refusal. */
  readonly given: string
}

export interface Watcher {
  /** What the daemon said so far; a time at which it could not be asked is not among it. */
  readonly seen: readonly HandedOut[]
  /** Those that could not be asked. */
  readonly unanswered: number
  stop(): Promise<void>
}

const body = z.union([z.object({ id: z.string() }), z.object({ code: z.string() })])

/** Between two questions: many within a round, and little work for a small machine. */
const pauseMs = 20

export function watchResolve(url: string, service: string): Watcher {
  const seen: HandedOut[] = []
  const stopping = new AbortController()
  let unanswered = 0

  async function ask(): Promise<void> {
    try {
      const response = await fetch(`${url}/resolve/${service}`, { signal: AbortSignal.timeout(2_000) })
      const read = body.parse(await response.json())
      const round = Number(response.headers.get('rollcall-round'))
      seen.push({ round, status: response.status, given: 'id' in read ? read.id : read.code })
    } catch (error) {
      // A shape that is not ours is a fault; a daemon that is away is for the test to judge.
      if (error instanceof z.ZodError) throw error
      unanswered += 1
    }
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await ask()
      await sleep(pauseMs)
    }
  }

  const watching = watch()
  return {
    seen,
    get unanswered() {
      return unanswered
    },
    async stop() {
      stopping.abort()
      await watching
    },
  }
}

/** Everything but a provider. */
export function refusals(seen: readonly HandedOut[]): HandedOut[] {
  return seen.filter(({ status }) => status !== 200)
}

/** The times at which this instance was handed out although this round, or a later one, had ended. */
export function givenSince(seen: readonly HandedOut[], id: string, round: number): HandedOut[] {
  return seen.filter((one) => one.given === id && one.round >= round)
}
