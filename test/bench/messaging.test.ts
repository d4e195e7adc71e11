// The comparison with other systems: what is sent at a rate is measured from when it was meant to be sent, whoever is missing or fails is named, and an
// interrupted run goes on where it was.

import type { End, Peer } from './peers/messaging/peer.ts'
import type { Measurement } from './messaging/measurements.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { compare } from './messaging/compare.ts'
import { createListener } from './messaging/listener.ts'
import { sendPaced } from './messaging/load.ts'
import { findOffsetMs, monotonicMs } from './messaging/monotonic.ts'
import { openResults } from './results.ts'
import { verdictsOf } from './messaging/summary.ts'
import { formatTables } from './messaging/tables.ts'
import { MissingPeer } from './peers/messaging/peer.ts'

async function makeFolder(test: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  test.teardown(() => rm(folder, { recursive: true }))
  return folder
}

t.test('what a peer keeps waiting is late by all of that time', async (t) => {
  let nowMs = 5_000
  const listener = createListener(() => nowMs)
  listener.reset({ skip: 1, keep: 9 })
  let sent = 0
  const sendSlowly = (body: Buffer) => {
    sent += 1
    // The third is taken 50 ms late, and those behind it wait for that.
    if (sent === 3) nowMs += 50
    listener.onMessage(body)
    return undefined
  }
  const rest = async (untilDueMs: number) => void (nowMs += Math.max(0, untilDueMs))
  const load = { sizes: [16], durationMs: 100, rate: 100 }
  t.equal(await sendPaced(sendSlowly, load, { nowMs: () => nowMs, rest }), 10)
  // One after the other: 0, 50, 40, 30, 20, 10, 0, 0 and 0 ms.
  const { p90, p100 } = listener.percentiles()
  t.equal(listener.report().count, 10)
  t.ok(Math.abs((p100 ?? 0) - 50_000) < 100, `the longest took ${p100} µs`)
  t.ok(Math.abs((p90 ?? 0) - 40_000) < 100, `nine in ten took ${p90} µs at most`)
})

t.test('processes agree on the time, however long their first look at a clock takes', async (t) => {
  let [nowNs, looks] = [7_000_000_000n, 0]
  const systemNs = () => (nowNs += 100n)
  const ownMs = () => {
    looks += 1
    // Something comes between before each of them, but for one.
    nowNs += looks === 300 ? 100n : 900_000n
    return Number(nowNs) / 1e6 - 5_000
  }
  t.ok(Math.abs(findOffsetMs(systemNs, ownMs) - 5_000) < 0.001)
  const before = process.hrtime.bigint()
  const atNs = monotonicMs() * 1e6
  const after = process.hrtime.bigint()
  t.ok(Number(before) - 50_000 < atNs && atNs < Number(after) + 50_000)
})

t.test('clocks of which one is behind the other are noticed', async (t) => {
  let nowMs = 5_000
  const listener = createListener(() => nowMs - 0.1)
  listener.reset({ skip: 1, keep: 9 })
  const rest = async (untilDueMs: number) => void (nowMs += Math.max(0, untilDueMs))
  const load = { sizes: [16], durationMs: 100, rate: 100 }
  const send = (body: Buffer) => {
    listener.onMessage(body)
    return undefined
  }
  await sendPaced(send, load, { nowMs: () => nowMs, rest })
  t.throws(() => listener.percentiles(), /heard 0\.1.* ms before it was sent/)
})

t.test('a peer that does not take a rate is not waited for', async (t) => {
  let nowMs = 0
  const sendSlowly = () => {
    nowMs += 10
    return Promise.resolve()
  }
  const rest = async () => void (nowMs += 1)
  const load = { sizes: [16], durationMs: 100, rate: 1_000 }
  const sent = await sendPaced(sendSlowly, load, { nowMs: () => nowMs, rest })
  t.ok(sent < 100, `${sent} of 100 messages were sent`)
})

const measurement: Measurement = {
  key: 'one way, 16 B',
  group: 'one way',
  size: 16,
  rounds: 2,
  warmUps: 1,
  run: async (pair) => ({ rate: (await pair.oneWay({ sizes: [16], durationMs: 1 })).rate }),
}

function createFakePeer(name: string, rate: number, end: Partial<End> = {}): Peer & { runs(): number } {
  let runs = 0
  const openEnd = async (): Promise<End> => ({
    open: async () => '',
    async send() {
      runs += 1
      return 10
    },
    request: () => Promise.reject(new Error('not asked for')),
    reset: async () => {},
    report: async () => ({ count: 10, rate }),
    percentiles: async () => ({}),
    close: async () => {},
    ...end,
  })
  const start = async () => ({ version: '1', server: '', openEnd, close: async () => {} })
  return { name, settings: 'none', start, runs: () => runs }
}

t.test('whoever is missing or fails is named, and the others are measured', async (t) => {
  const file = openResults(join(await makeFolder(t), 'results.json'), {}, false)
  const ours = createFakePeer('rollcall', 300)
  const other = createFakePeer('other', 100)
  const broken = createFakePeer('broken', 100, { send: () => Promise.reject(new Error('no luck')) })
  const missing: Peer = { ...other, name: 'absent', start: () => Promise.reject(new MissingPeer('apt-get install it')) }
  await compare([ours, other, broken, missing], { measurements: [measurement], file, say: () => {} })
  t.same(file.samplesOf(measurement.key, 'other'), [{ rate: 100 }, { rate: 100 }])
  const tables = formatTables(file.results, [measurement])
  t.match(tables, /\| rollcall \| 0\.3 ± 0 % \|\n\| other \| 0\.1 ± 0 % \|\n\| broken \| failed: no luck \|/)
  t.match(tables, /\| absent \| apt-get install it \|/)
  t.match(tables, /\| Kestrel \| no longer maintained/)
  t.match(verdictsOf(file.results, [measurement]), [{ value: 3, isMet: true }])
})

t.test('a run that is gone on with measures what is missing, and nothing twice', async (t) => {
  const path = join(await makeFolder(t), 'results.json')
  const before = openResults(path, {}, false)
  await before.add(measurement.key, 'done', { rate: 7 })
  await before.add(measurement.key, 'done', { rate: 7 })
  await before.add(measurement.key, 'begun', { rate: 7 })
  const [done, begun] = [createFakePeer('done', 100), createFakePeer('begun', 100)]
  const file = openResults(path, {}, true)
  await compare([done, begun], { measurements: [measurement], file, say: () => {} })
  t.equal(done.runs(), 0)
  t.same(file.samplesOf(measurement.key, 'begun'), [{ rate: 7 }, { rate: 100 }])
  const anew = openResults(path, {}, false)
  t.same(anew.samplesOf(measurement.key, 'done'), [])
})

t.test('what is done again replaces what was there of those who are there, and nothing else', async (t) => {
  const file = openResults(join(await makeFolder(t), 'results.json'), {}, false)
  const other = { ...measurement, key: 'one way, 32 B' }
  for (const key of [measurement.key, other.key])
    for (const name of ['again', 'absent', 'left']) await file.add(key, name, { rate: 7 })
  const again = createFakePeer('again', 100)
  const absent: Peer = { ...again, name: 'absent', start: () => Promise.reject(new MissingPeer('not here')) }
  await compare([again, absent], { measurements: [measurement], file, isRedone: true, say: () => {} })
  t.same(file.samplesOf(measurement.key, 'again'), [{ rate: 100 }, { rate: 100 }])
  t.same(file.samplesOf(other.key, 'again'), [{ rate: 7 }])
  t.same(file.samplesOf(measurement.key, 'absent'), [{ rate: 7 }])
  t.same(file.samplesOf(measurement.key, 'left'), [{ rate: 7 }])
})

/** Its short form, of some systems and measurements; with what it wrote. */
async function runMessaging(peers: string, measures: readonly string[], where: readonly string[]) {
  const chosen = measures.flatMap((part) => ['--measure', part])
  const args = ['dist/test/bench/main.js', 'messaging', '--quick', '--peers', peers, ...chosen, ...where]
  const bench = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [bench.stdout, bench.stderr]) stream.on('data', (text: Buffer) => (output += String(text)))
  const [code]: unknown[] = await once(bench, 'close')
  const { samples, missing } = Object(JSON.parse(await readFile(join(where[1] ?? '', 'messaging.json'), 'utf8')))
  const byKey = Object.entries<Record<string, readonly { rate: number }[]>>(samples)
  return { code, output, byKey, missing }
}

t.test('real systems are measured beside each other, and drawn', async (t) => {
  const folder = await makeFolder(t)
  const measures = ['one way, 1024', 'both ways, 100 ', 'latency, 1000 ', 'requests, 1 ', 'fan-out']
  const { code, output, byKey, missing } = await runMessaging('rollcall,ZeroMQ', measures, ['--folder', folder])
  t.equal(code, 0, output)
  t.same(missing, {})
  t.equal(byKey.length, 5)
  for (const [key, byPeer] of byKey) {
    t.same(Object.keys(byPeer), ['rollcall', 'ZeroMQ'], key)
    for (const [sample] of Object.values(byPeer)) t.ok(sample && sample.rate > 0)
  }
  t.match(await readdir(folder), [
    'messaging-latency.svg',
    'messaging-throughput.svg',
    'messaging.json',
    'messaging.md',
  ])
  t.match(await readFile(join(folder, 'messaging-throughput.svg'), 'utf8'), /^<svg [^]*rollcall/)
})

t.test('libraries in C do all that the others do', async (t) => {
  const folder = await makeFolder(t)
  const [names, measures] = [
    ['nanomsg in C', 'NNG in C'],
    ['both ways, 100 ', 'latency, 1000 ', 'requests', 'fan-out'],
  ]
  const { code, output, byKey, missing } = await runMessaging(names.join(','), measures, ['--folder', folder])
  t.equal(code, 0, output)
  const reasons = Object.values(missing).join('; ')
  if (/not installed/.test(reasons) && process.env['CI'] === undefined) t.pass(reasons, { skip: reasons })
  else t.equal(byKey.length, 5, reasons)
  const installed = names.filter((name) => !(name in missing))
  for (const [key, byPeer] of byKey) {
    t.same(Object.keys(byPeer), installed, key)
    for (const [sample] of Object.values(byPeer)) t.ok(sample && sample.rate > 0, key)
  }
})

t.test('each end in Node leaves a CPU profile where one is asked for', async (t) => {
  const folder = await makeFolder(t)
  const { code, output } = await runMessaging('rollcall', ['one way, 100 '], ['--profile', folder])
  t.equal(code, 0, output)
  for (const end of [1, 2]) {
    const profile = Object(JSON.parse(await readFile(join(folder, `rollcall-${end}.cpuprofile`), 'utf8')))
    t.ok(profile.nodes.length > 10, `end ${end}`)
  }
})
