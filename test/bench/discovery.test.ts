// The comparison of discovery works: its short form measures ours and whatever else is installed, names the rest, and can be gone on with. What it
// measures is nobody's business here.

import type { Measurement } from './discovery/measurements.ts'
import type { ComparisonResults } from './results.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { isWantingMore, planDiscovery } from './discovery/measurements.ts'
import { createSightings } from './discovery/sightings.ts'
import { verdictsOf } from './discovery/summary.ts'
import { formatTables } from './discovery/tables.ts'
import { loadPeers, whatIsMissing } from './peers/discovery/peers.ts'
import { openResults, valuesOf } from './results.ts'

t.test(
  'the short form measures who is installed, with their settings, names who is not, and is gone on with',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'bench-'))
    t.teardown(() => rm(folder, { recursive: true }))
    await runShortForm(t, folder)
    const results = await readResults(folder)
    for (const { name, peer } of await loadPeers()) {
      const missing = whatIsMissing(peer)
      if (missing === undefined) t.equal(results.peers[name]?.settings, peer.settings)
      else t.equal(results.missing[name], missing)
    }
    for (const [key, names] of Object.entries(figures))
      for (const name of names)
        for (const peer of Object.keys(results.peers)) {
          if (results.failures[key]?.[peer] !== undefined && peer !== 'rollcall') continue
          const [value = 0] = valuesOf(results, key, peer, name)
          t.ok(value > 0, `${peer}: ${key}, ${name}: ${value}`)
        }
    t.match(await readFile(join(folder, 'discovery.md'), 'utf8'), /\| rollcall \| [\d.,]+ m?s \([\d.,]+ m?s of \d\)/)
    t.match(await readFile(join(folder, 'discovery.svg'), 'utf8'), /^<svg [^]*rollcall/)

    await runShortForm(t, folder, '--resume', '--peers', 'rollcall')
    t.same((await readResults(folder)).samples, results.samples, 'nothing is measured twice')
  },
)

const figures = {
  'joins and leaves': ['joinMs', 'leaveMs'],
  'at rest, 3': ['lookups'],
  'restart, 3': ['completeMs'],
}

async function runShortForm(t: Test, folder: string, ...args: readonly string[]): Promise<void> {
  const words = ['dist/test/bench/main.js', 'discovery', '--quick', '--folder', folder, ...args]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  child.stdout.resume()
  t.same(await once(child, 'close'), [0, null])
}

async function readResults(folder: string): Promise<ComparisonResults> {
  return Object(JSON.parse(await readFile(join(folder, 'discovery.json'), 'utf8')))
}

t.test('a system has enough samples, or has taken long enough for those that it has', (t) => {
  const measurement: Measurement = { key: 'joins and leaves', kind: 'cycles', rounds: 3, limitMs: 1_000 }
  const taking = (...times: number[]) => times.map((spentMs) => ({ joinMs: 1, leaveMs: 1, spentMs }))
  t.equal(isWantingMore(measurement, []), true)
  t.equal(isWantingMore(measurement, taking(400, 400)), true)
  t.equal(isWantingMore(measurement, taking(400, 600)), false)
  t.equal(isWantingMore(measurement, taking(1, 1, 1)), false)
  t.end()
})

t.test(
  'ours is held against the best of the others, and the tables have percentiles where there are samples for one',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'bench-'))
    t.teardown(() => rm(folder, { recursive: true }))
    const { measurements } = planDiscovery(true)
    const file = openResults(join(folder, 'discovery.json'), {}, false)
    for (const name of ['rollcall', 'quick', 'slow']) file.results.peers[name] = { version: '1', settings: 'none' }
    for (let i = 1; i <= 200; i += 1) await file.add('joins and leaves', 'rollcall', { joinMs: i, leaveMs: 1_500 })
    await file.add('joins and leaves', 'quick', { joinMs: 50, leaveMs: 3_000 })
    await file.add('joins and leaves', 'slow', { joinMs: 70, leaveMs: 9_000 })
    await file.fail('restart, 3', 'slow', 'no luck')
    const [joins, leaves] = verdictsOf(file.results, measurements)
    t.match(joins, { value: 2, isMet: false })
    t.match(leaves, { value: 0.5, isMet: true })
    const tables = formatTables(file.results, measurements, [{ name: 'slow', lookups: 'asks' }])
    t.match(tables, '| rollcall | 100 ms (198 ms) | 1.5 s (1.5 s) | – | – |')
    t.match(tables, '| slow | 70 ms (70 ms of 1) | 9 s (9 s of 1) | failed: no luck | failed: no luck |')
    t.match(tables, '| slow | 1 | none | asks |')
  },
)

t.test('samples that come at once are all kept', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'discovery.json')
  const file = openResults(path, {}, false)
  await Promise.all(Array.from({ length: 20 }, (_, ms) => file.add('killed', `peer-${ms % 3}`, { ms })))
  const kept = openResults(path, {}, true)
  t.equal([0, 1, 2].flatMap((at) => kept.samplesOf('killed', `peer-${at}`)).length, 20)
})

t.test('what is not installed is told of with what would install it', async (t) => {
  const peers = await loadPeers()
  const [ours] = peers
  if (!ours) throw new Error('nobody is compared')
  t.equal(ours.file, 'rollcall')
  t.equal(whatIsMissing(ours.peer), undefined)
  const missing = whatIsMissing({ ...ours.peer, needs: { file: '/nowhere/etcd', package: 'etcd-server' } })
  t.match(missing, /not measured here.*\/nowhere\/etcd.*apt-get install etcd-server/)
})

t.test('who is seen, and then not, is told of with the times, to those who ask before and after', async (t) => {
  let nowMs = 0
  const sightings = createSightings(() => nowMs)
  const before = sightings.seen('a', 60_000)
  nowMs = 5
  sightings.are(new Set(['a', 'b']))
  t.equal(await before, 5)
  nowMs = 7
  sightings.are(new Set(['a', 'b']))
  t.equal(await sightings.seen('a', 60_000), 5, 'since when it is there')
  const gone = sightings.unseen('a', 60_000)
  nowMs = 9
  sightings.are(new Set(['b']))
  t.equal(await gone, 9)
  t.equal(await sightings.unseen('a', 60_000), 9)
  const complete = sightings.complete(2, 60_000)
  nowMs = 11
  sightings.are(new Set(['b', 'c']))
  t.equal(await complete, 11)
  await t.rejects(sightings.seen('d', 1), { message: 'not seen: d within 1 ms' })
})
