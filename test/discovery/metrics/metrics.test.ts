import t from 'tap'
import type { Test } from 'tap'
import { createLookupCounts } from '../../../discovery/lookup/lookup-counts.ts'
import { createBuckets } from '../../../discovery/metrics/buckets.ts'
import { createMetrics } from '../../../discovery/metrics/metrics.ts'
import { createFakeRoll, createInstance } from '../../fixtures/roll-reader.ts'

function open(t: Test, roll = createFakeRoll([createInstance({ service: 'web' })])) {
  const lookups = createLookupCounts()
  const metrics = createMetrics({ reader: roll, lookups, spFollowers: () => 3 })
  t.teardown(() => metrics.close())
  /** The values by series, as `name{labels}`. */
  async function scrape(): Promise<Map<string, number>> {
    const lines = (await metrics.write({ watch: 2 })).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').pop())]))
  }
  return { roll, lookups, metrics, scrape }
}

t.test('values fall into the bucket of the first bound that is not below them', async (t) => {
  const buckets = createBuckets([1, 2, 5])
  for (const value of [0.5, 1, 1.5, 5, 7]) buckets.observe(value)
  t.same(buckets.upTo, [
    [1, 2],
    [2, 3],
    [5, 4],
  ])
  t.equal(buckets.count, 5)
  t.equal(buckets.sum, 15)
})

t.test('rounds are added up, and their times and those of answers are histograms', async (t) => {
  const { metrics, scrape } = open(t)
  for (const roundTripMs of [0.2, 0.4, 700]) metrics.answered(roundTripMs)
  metrics.roundEnded({ durationMs: 4, asked: 3, answered: 3, missing: [], late: 0, endedBy: 'complete' })
  metrics.roundEnded({ durationMs: 500, asked: 3, answered: 2, missing: ['web/web-1'], late: 1, endedBy: 'deadline' })
  metrics.roundEnded({ durationMs: 20_000, asked: null, answered: 1, missing: [], late: 0, endedBy: 'deadline' })
  const values = await scrape()
  const expected = {
    'rollcall_rounds_total{ended_by="complete"}': 1,
    'rollcall_rounds_total{ended_by="deadline"}': 2,
    'rollcall_round_duration_seconds_bucket{le="0.005"}': 1,
    'rollcall_round_duration_seconds_bucket{le="0.5"}': 2,
    'rollcall_round_duration_seconds_bucket{le="+Inf"}': 3,
    rollcall_round_duration_seconds_count: 3,
    rollcall_round_duration_seconds_sum: 20.504,
    'rollcall_round_trip_seconds_bucket{le="0.00025"}': 1,
    'rollcall_round_trip_seconds_bucket{le="0.0005"}': 2,
    'rollcall_round_trip_seconds_bucket{le="1"}': 3,
    rollcall_asked_total: 6,
    rollcall_answered_total: 6,
    rollcall_missing_total: 1,
    rollcall_late_total: 1,
  }
  for (const [series, value] of Object.entries(expected)) t.equal(values.get(series), value, series)
})

t.test('the roll, its doors and what was dropped are read when it is asked for', async (t) => {
  const { roll, lookups, scrape } = open(t)
  const before = await scrape()
  t.equal(before.get('rollcall_instances{service="web",state="alive"}'), 1)
  t.equal(before.get('rollcall_ready'), 1)
  roll.state.instances = [createInstance({ service: 'api', state: 'suspect' })]
  lookups.through('http', roll).lookup('nobody')
  const health = roll.health()
  Object.assign(roll, {
    health: () => ({
      ...health,
      isReady: false,
      isFrozen: true,
      dropped: { late: 7 },
      rejected: { 'wrong-key': 2 },
      refusedLines: { 'no-host': 1 },
    }),
  })
  const values = await scrape()
  const expected = {
    'rollcall_instances{service="api",state="suspect"}': 1,
    'rollcall_instances{service="api",state="alive"}': 0,
    'rollcall_lookups_total{door="http",outcome="unknown-service"}': 1,
    'rollcall_dropped_messages_total{reason="late"}': 7,
    'rollcall_rejected_connections_total{reason="wrong-key"}': 2,
    'rollcall_refused_lines_total{reason="no-host"}': 1,
    'rollcall_watchers{door="sp"}': 3,
    'rollcall_watchers{door="watch"}': 2,
    'rollcall_info{version="0.1.0",engine="sp",zone="eu-1a"}': 1,
    rollcall_frozen: 1,
    rollcall_ready: 0,
    rollcall_services: 1,
  }
  for (const [series, value] of Object.entries(expected)) t.equal(values.get(series), value, series)
  t.notOk(values.has('rollcall_instances{service="web",state="alive"}'), 'who has left has no series')
})

t.test('the number of series is bounded, however many names there are', async (t) => {
  const many = Array.from({ length: 2_000 }, (_, at) => createInstance({ service: `s${String(at).padStart(4, '0')}` }))
  const { scrape } = open(t, createFakeRoll(many))
  const values = await scrape()
  t.equal([...values.keys()].filter((series) => series.startsWith('rollcall_instances{')).length, 2 * 501)
  t.equal(values.get('rollcall_instances{service="_other",state="alive"}'), 1_500)
  t.equal(values.get('rollcall_services'), 2_000)
})

t.test('the process tells what it uses, and two daemons in one process do not meet', async (t) => {
  const { scrape } = open(t)
  const other = open(t)
  const values = await scrape()
  for (const series of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'process_start_time_seconds'])
    t.ok(Number(values.get(series)) > 0, series)
  for (const quantile of ['0.5', '0.9', '0.99', '1'])
    t.ok(Number(values.get(`rollcall_event_loop_delay_seconds{quantile="${quantile}"}`)) >= 0, quantile)
  other.metrics.answered(1)
  t.equal((await scrape()).get('rollcall_round_trip_seconds_count'), 0)
  t.equal((await other.scrape()).get('rollcall_round_trip_seconds_count'), 1)
})
