// The daemon without what it listens on: surveyor, survey loop, registry and what it knows, and the reader that every door is a view of.
// Everything that moves it (time, the network, chance) is an argument.

import type { Clock } from '../messaging/sp/clock.ts'
import type { Engine, SpSocket } from '../messaging/sp/engine.ts'
import type { DaemonOptions } from './daemon-options.ts'
import type { LagProbe } from './lag-probe.ts'
import type { LineRights } from './line-rights.ts'
import type { LookupCounts } from './lookup/lookup-counts.ts'
import type { RollReader } from './lookup/roll-reader.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Knowledge } from './registry/knowledge.ts'
import type { Registry } from './registry/registry.ts'
import { createDaemonReader } from './daemon-reader.ts'
import { createHintLimit } from './hint-limit.ts'
import { createLookupCounts } from './lookup/lookup-counts.ts'
import { createFeed } from './lookup/sp/feed.ts'
import { createSpLookup } from './lookup/sp/sp-lookup.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createRefusals, logChanges, logRound } from './roll-log.ts'
import { createRoundLog } from './round-log.ts'
import { SurveyLoop } from './survey-loop.ts'

export interface DaemonCoreOptions extends Pick<
  Required<DaemonOptions>,
  'intervalMs' | 'deadlineMs' | 'log' | 'version' | 'zone'
> {
  readonly engine: Engine
  readonly clock: Clock
  /** Closed with the core. */
  readonly lag: LagProbe
  readonly registry: Registry
  readonly knowledge: Knowledge
  /** Leaves of an answer what its peer may say. Default: all of it. */
  readonly judge?: LineRights
  /** What the engine lacks, shown in /health. */
  readonly engineLimits: readonly string[]
}

export interface DaemonCore {
  readonly reader: RollReader
  /** To be listened for on one port. */
  readonly sockets: readonly SpSocket[]
  readonly lookups: LookupCounts
  readonly metrics: Metrics
  /** The doors are open: asks, and counts the warm-up from now. */
  start(): void
  /** Tells and asks nothing any more; the engine is its owner's to close. */
  close(): void
}

export function createDaemonCore(options: DaemonCoreOptions): DaemonCore {
  const { engine, clock, lag, registry, knowledge, log } = options
  const rounds = createRoundLog()
  const refusals = createRefusals(log)
  let lastLagMs = 0
  const surveyor = engine.createSurveyor({
    onAttach(pipe) {
      knowledge.pipeAttached(clock.nowMs())
      loop.attached(pipe)
    },
    onDetach(pipe) {
      loop.detached(pipe)
      const { attachedPipes, alive, suspect } = registry.counts
      if (attachedPipes === 0 && alive + suspect > 0) knowledge.lostEverybody(clock.nowMs())
    },
    // A peer that answers too late is back: asking it now is sooner than the next round.
    onLate: (pipe) => pipe && loop.askAlone(pipe),
  })
  const loop = new SurveyLoop({
    surveyor,
    registry,
    clock,
    lag,
    intervalMs: options.intervalMs,
    deadlineMs: options.deadlineMs,
    hasPipes: engine.features.pipeEvents,
    ...(options.judge && { judge: options.judge }),
    onAnswer: (roundTripMs) => metrics.answered(roundTripMs),
    onRefused: (pipe, refused) => refusals.add(pipe, refused),
    onRound(finished) {
      const record = logRound(log, finished)
      rounds.add(record)
      metrics.roundEnded(record)
      lastLagMs = finished.lagMs
      knowledge.roundEnded({ startedAtMs: finished.startedAtMs, nowMs: finished.endedAtMs })
    },
  })
  const stopLogging = logChanges(log, registry)
  const lookupSockets = engine.features.sharedPort
    ? [engine.createReplier((body, context) => spLookup(body, context))]
    : []
  const sockets = [surveyor, ...lookupSockets]
  const reader = createDaemonReader({
    registry,
    rounds,
    knowledge,
    hints: createHintLimit(clock),
    clock,
    sockets,
    askAlone: (pipe) => loop.askAlone(pipe),
    lagMs: () => lastLagMs,
    refusedLines: refusals.counts,
    about: {
      version: options.version,
      zone: options.zone,
      engine: engine.name,
      engineLimits: options.engineLimits,
    },
  })
  const feed = createFeed(reader, clock)
  const lookups = createLookupCounts()
  const metrics = createMetrics({ reader, lookups, spFollowers: () => feed.followers })
  const spLookup = createSpLookup(lookups.through('sp', reader), feed)

  return {
    reader,
    sockets,
    lookups,
    metrics,
    start() {
      knowledge.listenStarted(clock.nowMs())
      loop.start()
    },
    close() {
      stopLogging()
      feed.close()
      loop.close()
      lag.close()
      metrics.close()
    },
  }
}
