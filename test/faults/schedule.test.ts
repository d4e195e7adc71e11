// Schedules: what a seed determines, and how a failing one is made short.

import t from 'tap'
import type { ScheduleOptions } from './schedule.ts'
import { createSchedule } from './schedule.ts'
import { shrinkSchedule } from './shrink.ts'

const options: ScheduleOptions = {
  seed: 1,
  lengthMs: 300_000,
  daemons: ['d1', 'd2'],
  instances: ['a', 'b', 'c', 'd'],
  kinds: ['kill', 'pause', 'one-way', 'loss', 'delay', 'clock-step'],
  settleMs: 10_000,
  quietMs: 50_000,
  crowd: 100,
}

t.test('the seed alone determines the schedule', async (t) => {
  t.same(createSchedule(options), createSchedule(options))
  t.notSame(createSchedule(options).faults, createSchedule({ ...options, seed: 2 }).faults)
})

t.test('every kind comes, within its limits, and leaves time before and after', async (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { faults } = createSchedule({ ...options, seed })
    t.same([...new Set(faults.map(({ kind }) => kind))].toSorted(), options.kinds.toSorted())
    for (const { kind, atMs, durationMs, amount } of faults) {
      if (atMs < 10_000 || atMs + durationMs > 250_000) t.fail(`${kind} at ${atMs} for ${durationMs}`)
      if (kind === 'loss' && (amount < 5 || amount > 30)) t.fail(`${amount} % of loss`)
      if (kind === 'delay' && (amount < 50 || amount > 500)) t.fail(`${amount} ms of delay`)
    }
  }
})

t.test('a host is in one fault at a time', async (t) => {
  const { faults } = createSchedule(options)
  const clashes = faults.filter((fault, at) =>
    faults.slice(0, at).some((other) => {
      const isTogether = other.atMs + other.durationMs >= fault.atMs
      return isTogether && other.hosts.some((host) => fault.hosts.includes(host))
    }),
  )
  t.same(clashes, [])
  t.ok(faults.length > 20)
})

t.test('an engine restarts once, before anything else is done', async (t) => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { faults } = createSchedule({ ...options, seed, kinds: [...options.kinds, 'engine-restart'] })
    t.same(
      faults.flatMap(({ kind }, at) => (kind === 'engine-restart' ? [at] : [])),
      [0],
    )
    t.same(faults[0]?.hosts, [...options.daemons, ...options.instances])
  }
})

t.test('a daemon is left alone for as long as it takes to judge it, and two of one id live as long', async (t) => {
  const daemonRestMs = 20_000
  const { faults } = createSchedule({
    ...options,
    kinds: ['daemon-restart', 'loss', 'duplicate-id'],
    daemonRestMs,
    leastTwinMs: 17_000,
  })
  for (const daemon of options.daemons) {
    const itsOwn = faults.filter(({ hosts }) => hosts.includes(daemon))
    t.ok(itsOwn.length > 2)
    for (const [at, { atMs }] of itsOwn.entries()) {
      const before = itsOwn[at - 1]
      if (before) t.ok(atMs - before.atMs - before.durationMs > daemonRestMs)
    }
  }
  const twins = faults.filter(({ kind }) => kind === 'duplicate-id')
  t.ok(twins.length > 2)
  t.ok(twins.every(({ durationMs, atMs }) => durationMs >= 17_000 || atMs + durationMs === 250_000))
})

t.test('of a failing schedule what is needed to fail is left, and nothing else', async (t) => {
  const schedule = createSchedule(options)
  const [, first, , , , second] = schedule.faults
  let runs = 0
  const short = await shrinkSchedule(schedule, async ({ faults }) => {
    runs += 1
    return [first, second].every((fault) => faults.some((kept) => kept === fault))
  })
  t.same(short.faults, [first, second])
  t.ok(runs < 200)
})

t.test('a schedule is not shrunk for longer than it is worth', async (t) => {
  let runs = 0
  const short = await shrinkSchedule(
    createSchedule(options),
    async ({ faults }) => {
      runs += 1
      return faults.length > 1
    },
    3,
  )
  t.equal(runs, 3)
  t.ok(short.faults.length < createSchedule(options).faults.length)
})
