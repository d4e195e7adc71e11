// The daemon as its doors see it: one view over the registry, the rounds and what the daemon knows of itself.

import type { Clock } from '../messaging/sp/clock.ts'
import type { SpSocket } from '../messaging/sp/engine.ts'
import type { HintLimit } from './hint-limit.ts'
import type { HealthReport, RollReader } from './lookup/roll-reader.ts'
import type { Knowledge } from './registry/knowledge.ts'
import type { Registry, RollPipe } from './registry/registry.ts'
import type { RoundLog } from './round-log.ts'

export interface DaemonReaderOptions {
  readonly registry: Registry
  readonly rounds: RoundLog
  readonly knowledge: Knowledge
  readonly hints: HintLimit
  readonly clock: Clock
  readonly sockets: readonly SpSocket[]
  readonly askAlone: (pipe: RollPipe) => void
  readonly lagMs: () => number
  readonly refusedLines: ReadonlyMap<string, number>
  readonly about: Pick<HealthReport, 'version' | 'zone' | 'engine' | 'engineLimits'>
}

export function createDaemonReader(options: DaemonReaderOptions): RollReader {
  const { registry, rounds, knowledge, hints, clock, sockets, askAlone, refusedLines } = options
  const startedAtMs = clock.nowMs()

  function health(): HealthReport {
    const isReady = knowledge.isReady
    const { dropped, rejected } = sumCounters(sockets)
    return {
      status: !isReady ? 'warming-up' : registry.isFrozen ? 'frozen' : 'ok',
      ...options.about,
      uptimeMs: Math.round(clock.nowMs() - startedAtMs),
      round: reader.round,
      epoch: registry.changes.epoch,
      sequence: registry.changes.sequence,
      isReady,
      isFrozen: registry.isFrozen,
      counts: registry.counts,
      lagMs: Math.round(options.lagMs()),
      dropped,
      rejected,
      refusedLines: Object.fromEntries(refusedLines),
    }
  }

  /** That there is nobody is not said before it rests on knowledge: neither of that name, nor of that name in that zone. */
  function unlessWarmingUp<T extends { readonly outcome: string }>(choice: T) {
    const isNegative = choice.outcome === 'UNKNOWN_SERVICE' || choice.outcome === 'NO_MATCH'
    if (!isNegative || reader.isReady) return choice
    return { outcome: 'WARMING_UP', retryAfterMs: reader.retryAfterMs } as const
  }

  const reader: RollReader = {
    lookup: (service, filter) => unlessWarmingUp(registry.choose(service, filter)),
    lookupAll: (service, filter) => unlessWarmingUp(registry.chooseAll(service, filter)),
    services: () => registry.services(),
    instances: (service) => registry.instances(service),
    rounds: () => rounds.all(),
    health,
    get isReady() {
      return knowledge.isReady
    },
    onReadiness: (listener) => knowledge.subscribe(listener),
    get retryAfterMs() {
      return knowledge.retryAfterMs(clock.nowMs())
    },
    get round() {
      return rounds.all().at(-1)?.round ?? 0
    },
    get isFrozen() {
      return registry.isFrozen
    },
    changes: registry.changes,
    nowMs: () => clock.nowMs(),
    ask(id, askedBy) {
      if (!hints.take(askedBy)) return 'LIMITED'
      const pipes = registry.pipesOf(id)
      for (const pipe of pipes) askAlone(pipe)
      return pipes.length > 0 ? 'ASKED' : 'NOBODY'
    },
  }
  return reader
}

type Reasons = Record<string, number>

function sumCounters(sockets: readonly SpSocket[]): { readonly dropped: Reasons; readonly rejected: Reasons } {
  const sums = { dropped: {}, rejected: {} }
  for (const socket of sockets) {
    const counters = socket.counters()
    addAll(sums.dropped, counters.dropped)
    addAll(sums.rejected, counters.rejected)
  }
  return sums
}

function addAll(sums: Reasons, more: Readonly<Reasons>): void {
  for (const [reason, count] of Object.entries(more)) sums[reason] = (sums[reason] ?? 0) + count
}
