// The feed: a view of the registry's change log for those who follow a name, as REQ/REP on the shared port. A request waits until
// there is something to tell, so that a follower knows of a change one way after the daemon, and the daemon keeps nothing of it but the
// open request. It never says "nobody" before the daemon knows.

import type { Clock } from '../../../messaging/sp/clock.ts'
import type { FeedPosition, GroupKind } from '../../../messaging/roll/feed-lines.ts'
import type { Change } from '../../registry/change-log.ts'
import type { Instance } from '../../registry/instance.ts'
import type { RollReader } from '../roll-reader.ts'
import { feedState, formatFeed } from '../../../messaging/roll/feed-lines.ts'
import { groupOf } from '../../registry/group.ts'
import { fitsAnswer, writeLine } from './roll-lines.ts'

/** After so long a follower is told that nothing changed, so that both sides know that the other lives. */
export const feedHoldMs = 10_000

export type FeedOutcome = { readonly reply: string } | { readonly outcome: 'WARMING_UP' | 'TOO_LARGE' }

export interface Feed {
  /** What is new in a group since a position; undefined position: everything. `signal` ends it when nobody waits any more. */
  follow(kind: GroupKind, name: string, position: FeedPosition | undefined, signal: AbortSignal): Promise<FeedOutcome>
  /** Requests that are held now. */
  readonly followers: number
  close(): void
}

/** One request that is held. */
interface Waiter {
  wake(): void
  end(outcome: FeedOutcome): void
}

type Shown = Pick<Instance, 'id' | 'state' | 'detached'> & Parameters<typeof writeLine>[0]

export function createFeed(reader: RollReader, clock: Clock): Feed {
  /** Those who wait, by group. */
  const waiting = new Map<string, Set<Waiter>>()
  const stopListening = reader.changes.subscribe((change) => {
    for (const waiter of waiting.get(groupOf(change.instance)) ?? []) waiter.wake()
  })

  function look(group: string, position: FeedPosition | undefined): FeedOutcome | undefined {
    const { changes } = reader
    const news = position ? changes.since(position) : 'RESET'
    if (news !== 'RESET') return tellChanges(news.filter((change) => groupOf(change.instance) === group))
    const instances = reader.instances(group)
    // Whoever knows somebody from elsewhere keeps it until this daemon knows better.
    const isKnown = reader.isReady || (position === undefined && instances.length > 0)
    return isKnown ? tell('snapshot', instances, []) : undefined
  }

  function tellChanges(news: readonly Change[]): FeedOutcome | undefined {
    if (news.length === 0) return undefined
    const latest = new Map<string, Change>()
    for (const change of news) latest.set(change.instance.id, change)
    const present = [...latest.values()].filter(({ type }) => type !== 'left').map(({ instance }) => instance)
    const left = [...latest].filter(([, { type }]) => type === 'left').map(([id]) => id)
    return tell('changes', present, left)
  }

  function tell(form: 'snapshot' | 'changes', instances: readonly Shown[], left: readonly string[]): FeedOutcome {
    const { epoch, sequence } = reader.changes
    const lines = instances.map((instance) => ({ state: feedState(instance), line: writeLine(instance) }))
    const reply = formatFeed({ epoch, sequence }, form, lines, left)
    return fitsAnswer(reply) ? { reply } : { outcome: 'TOO_LARGE' }
  }

  return {
    get followers() {
      return [...waiting.values()].reduce((sum, { size }) => sum + size, 0)
    },
    follow(kind, name, position, signal) {
      const group = groupOf({ kind, service: name })
      const found = look(group, position)
      if (found) return Promise.resolve(found)
      return new Promise((resolve) => {
        const waiters = waiting.get(group) ?? new Set()
        waiting.set(group, waiters)
        let stopReady = () => {}
        const stopHold = clock.after(feedHoldMs, () => {
          end(reader.isReady ? tell('changes', [], []) : { outcome: 'WARMING_UP' })
        })
        const end = (outcome: FeedOutcome) => {
          waiters.delete(waiter)
          if (waiters.size === 0 && waiting.get(group) === waiters) waiting.delete(group)
          stopHold()
          stopReady()
          signal.removeEventListener('abort', onAbort)
          resolve(outcome)
        }
        const wake = () => {
          const news = look(group, position)
          if (news) end(news)
        }
        // The reply goes nowhere; what matters is that nothing is left waiting.
        const onAbort = () => end({ outcome: 'WARMING_UP' })
        const watchReady = () => {
          if (reader.isReady) return wake()
          stopReady = clock.after(Math.max(50, reader.retryAfterMs), watchReady)
        }
        const waiter: Waiter = { wake, end }
        waiters.add(waiter)
        signal.addEventListener('abort', onAbort)
        if (!reader.isReady) watchReady()
      })
    },
    close() {
      stopListening()
      for (const waiters of waiting.values()) for (const waiter of waiters) waiter.end({ outcome: 'WARMING_UP' })
    },
  }
}
