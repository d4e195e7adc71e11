// What the daemon writes of the roll: a line per change, a warning per round that says something, and one per pipe for
// lines that were refused. Also turns a finished round into its record.

import type { RefusedLine } from '../messaging/roll/answer.ts'
import type { DaemonLog } from './daemon-options.ts'
import type { RoundRecord } from './lookup/roll-reader.ts'
import type { ChangeType } from './registry/change-log.ts'
import type { Registry, RollPipe } from './registry/registry.ts'
import type { FinishedRound } from './survey-loop.ts'
import { formatHostPort } from '../messaging/sp/address.ts'
import { groupOf } from './registry/group.ts'

const levels: Readonly<Record<ChangeType, 'info' | 'warn'>> = Object.freeze({
  joined: 'info',
  updated: 'info',
  suspected: 'warn',
  recovered: 'info',
  draining: 'info',
  left: 'info',
})

/** Also warns once of an address that others may not reach: through a published port everybody seems to be the gateway. */
export function logChanges(log: DaemonLog, registry: Pick<Registry, 'changes' | 'instance'>): () => void {
  let isWarned = false
  return registry.changes.subscribe(({ type, instance }) => {
    const { service, kind, id, address, status } = instance
    const fields = { service, id, address, ...(status === 'passing' ? {} : { status }) }
    // A program that is a service and a member is one line.
    if (kind === 'service') log[levels[type]](fields, type)
    else log.debug({ kind, ...fields }, type)
    if (isWarned || !registry.instance(groupOf(instance), instance.id)?.unsure) return
    isWarned = true
    log.warn(
      fields,
      'others may not reach this address: have the service say its own. Further ones are marked, and not warned about',
    )
  })
}

export function logRound(log: DaemonLog, finished: FinishedRound): RoundRecord {
  const { round, outcome, lagMs, isLagged, missed } = finished
  if (isLagged) log.warn({ round, lagMs: Math.round(lagMs) }, 'event loop lagged: the round is held against nobody')
  const durationMs = Math.round(outcome.durationMs * 1000) / 1000
  log.debug({ round, asked: outcome.asked, answered: outcome.answered, durationMs }, 'round ended')
  return {
    round,
    startedAt: new Date(Date.now() - outcome.durationMs).toISOString(),
    durationMs,
    asked: outcome.asked ?? null,
    answered: outcome.answered,
    missing: missed.map((instance) => `${groupOf(instance)}/${instance.id}`),
    late: outcome.late,
    endedBy: outcome.endedBy,
    isLagged,
  }
}

export interface Refusals {
  add(pipe: RollPipe, refused: readonly RefusedLine[]): void
  /** Lines refused since start, by reason. */
  readonly counts: ReadonlyMap<string, number>
}

export function createRefusals(log: DaemonLog): Refusals {
  const counts = new Map<string, number>()
  const toldOf = new WeakSet<RollPipe>()
  return {
    counts,
    add(pipe, refused) {
      for (const { reason } of refused) counts.set(reason, (counts.get(reason) ?? 0) + 1)
      const [first] = refused
      if (!first || toldOf.has(pipe)) return
      toldOf.add(pipe)
      log.warn(
        { peer: pipe.remote && formatHostPort(pipe.remote), lines: refused.length, ...first },
        'answer lines refused',
      )
    },
  }
}
