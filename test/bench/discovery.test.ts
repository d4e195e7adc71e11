// The comparison of discovery works: its short form measures ours and whatever else is installed, and names the rest. What it measures is
// nobody's business here.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createSightings } from './discovery/sightings.ts'
import { loadPeers, whatIsMissing } from './peers/discovery/peers.ts'

t.test('the short form measures who is installed, with their settings, and names who is not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'results.json')
  const args = ['dist/test/bench/main.js', '--quick', '--json', file, 'discovery']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  child.stdout.resume()
  const [code]: unknown[] = await once(child, 'close')
  t.equal(code, 0)
  const { results } = Object(JSON.parse(await readFile(file, 'utf8')))
  const { notes, rows }: { notes: string[]; rows: { what: string; value: number }[] } = results.discovery
  t.ok(notes.some((note) => note.startsWith('rollcall: one daemon')))
  for (const what of ['joins → seen', 'leaves → unseen', 'restart → 3 seen'])
    t.ok(
      rows.some((row) => row.what === `rollcall: ${what}, median` && row.value > 0),
      what,
    )
  t.ok(rows.some((row) => row.what === 'rollcall: lookups with 3' && row.value > 0))
  for (const name of ['nats services', 'moleculer', 'cote', 'etcd leases', 'zookeeper'])
    t.ok(
      notes.some((note) => note.startsWith(`${name}: `)),
      name,
    )
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
