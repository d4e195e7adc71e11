// What a daemon tells of itself to Prometheus. Read when it is asked for from where it is kept anyway; between two questions a round pays
// a few additions and an answer one. The number of time series is bounded, whatever is on the roll.

import { Registry } from 'prom-client'
import type { LookupCounts } from '../lookup/lookup-counts.ts'
import type { HealthReport, RollReader, RoundRecord } from '../lookup/roll-reader.ts'
import { createBuckets } from './buckets.ts'
import { addProcessMetrics } from './process-metrics.ts'
import type { Read, Sample } from './scraped.ts'
import { addCounter, addGauge, addHistogram } from './scraped.ts'

export interface MetricsOptions {
  readonly reader: RollReader
  readonly lookups: LookupCounts
  /** Who follows changes over SP now. */
  readonly spFollowers: () => number
}

export interface Metrics {
  /** A respondent answered, after so long. */
  answered(roundTripMs: number): void
  roundEnded(round: Pick<RoundRecord, 'durationMs' | 'asked' | 'answered' | 'missing' | 'late' | 'endedBy'>): void
  /** In the text format of Prometheus. `followers`: who follows changes by other doors than SP now. */
  write(followers?: Readonly<Record<string, number>>): Promise<string>
  readonly contentType: string
  close(): void
}

/** Names that have series of their own; those after them in order are counted together. */
const maxServices = 500
/** No service can be called so. */
const otherServices = '_other'

const roundTripBounds = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const roundBounds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMetrics({ reader, lookups, spFollowers }: MetricsOptions): Metrics {
  const registry = new Registry()
  const registers: [Registry] = [registry]
  const roundTrips = createBuckets(roundTripBounds)
  const roundTimes = createBuckets(roundBounds)
  const endedBy: Record<RoundRecord['endedBy'], number> = { complete: 0, deadline: 0, aborted: 0, closed: 0 }
  const sums = { asked: 0, answered: 0, missing: 0, late: 0 }
  // Everything in one answer is of one moment.
  let health: HealthReport = reader.health()
  let watchers: Readonly<Record<string, number>> = {}

  const counter = (name: string, help: string, read: Read, ...labelNames: string[]) =>
    addCounter({ registers, name, help, labelNames }, read)
  const gauge = (name: string, help: string, read: Read, ...labelNames: string[]) =>
    addGauge({ registers, name, help, labelNames }, read)

  counter(
    'rollcall_rounds_total',
    'Rounds that have ended, by what ended them',
    () => list('ended_by', endedBy),
    'ended_by',
  )
  addHistogram({ registers, name: 'rollcall_round_duration_seconds', help: 'How long rounds took' }, roundTimes)
  addHistogram(
    { registers, name: 'rollcall_round_trip_seconds', help: 'From a question to the answer of one respondent' },
    roundTrips,
  )
  counter('rollcall_asked_total', 'Connections asked in rounds', () => sums.asked)
  counter('rollcall_answered_total', 'Connections that answered in rounds', () => sums.answered)
  counter('rollcall_missing_total', 'Instances that a round was held against', () => sums.missing)
  counter('rollcall_late_total', 'Answers that came after their deadline', () => sums.late)
  counter(
    'rollcall_dropped_messages_total',
    'Messages dropped by the SP sockets, by reason',
    () => list('reason', health.dropped),
    'reason',
  )
  counter(
    'rollcall_rejected_connections_total',
    'Connections refused by the SP sockets, by reason',
    () => list('reason', health.rejected),
    'reason',
  )
  counter(
    'rollcall_refused_lines_total',
    'Lines of answers that were refused, by reason',
    () => list('reason', health.refusedLines),
    'reason',
  )
  gauge(
    'rollcall_instances',
    `Instances on the roll by service and state; ${otherServices} is what comes after the first ${maxServices} names`,
    () => countInstances(reader),
    'service',
    'state',
  )
  gauge('rollcall_services', 'Names on the roll', () => reader.services().length)
  gauge('rollcall_attached_pipes', 'Connections of respondents', () => health.counts.attachedPipes)
  gauge('rollcall_conflicts', 'Instances beside another living one of their id', () => health.counts.conflicts)
  counter('rollcall_suspicions_total', 'Instances that became suspect', () => health.counts.suspicions)
  counter('rollcall_evictions_total', 'Suspects that were removed', () => health.counts.evictions)
  counter('rollcall_freezes_total', 'Times that removals were frozen', () => health.counts.freezes)
  counter('rollcall_changes_total', 'Changes of the roll', () => health.sequence)
  gauge('rollcall_frozen', '1 while removals are frozen', () => Number(health.isFrozen))
  gauge('rollcall_ready', '1 once the daemon knows enough to say "nobody"', () => Number(health.isReady))
  counter('rollcall_lookups_total', 'Lookups by door and outcome', () => listLookups(lookups), 'door', 'outcome')
  gauge('rollcall_watchers', 'Who follows changes, by door', () => list('door', watchers), 'door')
  gauge(
    'rollcall_info',
    'Always 1; the labels say which daemon this is',
    () => [{ labels: { version: health.version, engine: health.engine, zone: health.zone }, value: 1 }],
    'version',
    'engine',
    'zone',
  )
  const stopMeasuring = addProcessMetrics(registry)

  return {
    answered: (roundTripMs) => roundTrips.observe(roundTripMs / 1_000),
    roundEnded(round) {
      roundTimes.observe(round.durationMs / 1_000)
      endedBy[round.endedBy] += 1
      sums.asked += round.asked ?? 0
      sums.answered += round.answered
      sums.missing += round.missing.length
      sums.late += round.late
    },
    write(followers = {}) {
      health = reader.health()
      watchers = { sp: spFollowers(), ...followers }
      return registry.metrics()
    },
    contentType: registry.contentType,
    close: stopMeasuring,
  }
}

function list(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([of, value]) => ({ labels: { [label]: of }, value }))
}

function countInstances(reader: RollReader): Sample[] {
  const counts = new Map<string, { alive: number; suspect: number }>()
  for (const [at, service] of reader.services().entries()) {
    const name = at < maxServices ? service : otherServices
    const count = counts.get(name) ?? { alive: 0, suspect: 0 }
    for (const { state } of reader.instances(service)) count[state] += 1
    counts.set(name, count)
  }
  return [...counts].flatMap(([service, { alive, suspect }]) => [
    { labels: { service, state: 'alive' }, value: alive },
    { labels: { service, state: 'suspect' }, value: suspect },
  ])
}

function listLookups({ byDoor }: LookupCounts): Sample[] {
  return [...byDoor].flatMap(([door, outcomes]) =>
    Object.entries(outcomes).map(([outcome, value]) => ({
      labels: { door, outcome: outcome.toLowerCase().replaceAll('_', '-') },
      value,
    })),
  )
}
