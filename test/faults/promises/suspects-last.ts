// A suspect is handed out only while there is nobody better: with the first missed round, and at once when its connection ended.

import type { LookupRecord } from '../history.ts'
import type { KnownProvider } from '../truth.ts'
import type { FleetPromise } from './promise.ts'
import { Judge } from './judge.ts'
import { Findings } from './promise.ts'
import { covers } from '../spans.ts'

const name = 'suspects-last'

export const suspectsLast: FleetPromise = {
  name,
  promises:
    'whoever is silent, or closed its connection, is no more listed as alive, nor handed out while another answers',
  check(history) {
    const judge = Judge.of(history)
    const findings = new Findings(name)
    for (const lookup of judge.lookups()) {
      const { daemon, service, door, fromMs, atMs } = lookup
      if (daemon === undefined) continue
      for (const { address } of shownAsAlive(judge, lookup, daemon)) {
        const provider = judge.truth.find(service, address)
        if (!provider) continue
        const silentMs = judge.silentForMs(provider, daemon, fromMs)
        const boundMs = boundFor(judge, provider, daemon, fromMs)
        // The answer was made at some moment in between.
        const isBack = judge.silentForMs(provider, daemon, atMs) <= boundFor(judge, provider, daemon, atMs)
        findings.check(silentMs <= boundMs || isBack, atMs, () => {
          const silence = `${Math.round(silentMs)} ms of silence, ${boundMs} allowed`
          return `${daemon} showed ${service} at ${address} (${door}) as if it were alive: ${silence}`
        })
      }
    }
    return findings.verdict
  },
}

/** Of a list those that it says are alive; of a choice all, where one is surely alive whom it could have been. */
function shownAsAlive(
  judge: Judge,
  { asked, answer, service, fromMs, atMs }: LookupRecord,
  daemon: string,
): readonly { readonly address: string }[] {
  if (answer.outcome !== 'PROVIDERS') return []
  if (asked === 'list') return answer.providers.filter(({ state }) => state === 'alive')
  const isCertain = judge.truth.of(service).some((other) => isSurelyAlive(judge, other, daemon, fromMs, atMs))
  return isCertain ? answer.providers : []
}

/** Nothing was taken from it, and the daemon did not sleep. */
function isSurelyAlive(judge: Judge, other: KnownProvider, daemon: string, fromMs: number, toMs: number): boolean {
  const sinceMs = fromMs - judge.settings.settleMs
  const isRunning = covers(judge.truth.daemon(daemon)?.running ?? [], sinceMs, toMs)
  return isRunning && judge.truth.isCalm(other, daemon, sinceMs, toMs)
}

function boundFor(judge: Judge, provider: KnownProvider, daemon: string, atMs: number): number {
  const { suspectMs, closedMs } = judge.bounds
  const end = judge.truth.endOf(provider, atMs)
  const lastMs = judge.truth.lastMayAnswerMs(provider, daemon, atMs)
  // The end of a connection is told on it, where nothing is in between.
  const isClosed = end !== undefined && lastMs !== undefined && end.atMs >= lastMs - judge.settings.slackMs
  const isTold = isClosed && judge.truth.isFine(provider, daemon, end.atMs, end.atMs)
  return (isTold ? closedMs : suspectMs) + judge.allowanceMs(provider, daemon, atMs)
}
