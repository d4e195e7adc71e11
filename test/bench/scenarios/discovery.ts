// Finding services beside other systems, each at its own recommended settings: who comes, leaves, is killed or hangs, a registry that starts
// anew, lookups, and what it costs to stand still. What is compared with what is in ../peers/discovery/.

import type { Scenario } from '../scenario.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compareDiscovery } from '../discovery/compare.ts'
import { drawDiscovery } from '../discovery/draw.ts'
import { planDiscovery } from '../discovery/measurements.ts'
import { verdictsOf } from '../discovery/summary.ts'
import { formatTables } from '../discovery/tables.ts'
import { describeMachine } from '../machine.ts'
import { loadPeers, peerNames } from '../peers/discovery/peers.ts'
import { openResults } from '../results.ts'

export const discovery: Scenario = {
  name: 'discovery',
  description:
    'NATS services, Moleculer, cote, etcd leases, ZooKeeper: seen, unseen, restarted, looked up; can be resumed',
  timeoutMs: 1_800_000,
  compares: {
    peers: peerNames,
    measurements: (isQuick) => planDiscovery(isQuick).measurements.map(({ key }) => key),
  },
  async run({ isQuick, isResumed = false, isRedone = false, isProfiled = false, folder, only, measure = [], say }) {
    if (isProfiled) throw new Error('--profile is for messaging alone')
    const { measurements: all, ...plan } = planDiscovery(isQuick)
    const measurements = all.filter(({ key }) => measure.length === 0 || measure.some((part) => key.includes(part)))
    const file = openResults(join(folder, 'discovery.json'), describeMachine(), isResumed)
    const everyone = await loadPeers()
    const listed = everyone.filter(({ name }) => only === undefined || only.includes(name))
    await compareDiscovery(listed, { plan: { ...plan, measurements }, file, isRedone, say })
    const notes = everyone.map(({ name, peer: { lookups } }) => ({ name, lookups }))
    // What the folder had before is told of, too.
    const shown = all.filter(({ key }) => key in file.results.samples || key in file.results.failures)
    const tables = formatTables(file.results, shown, notes)
    await writeFile(join(folder, 'discovery.md'), tables)
    await writeFile(join(folder, 'discovery.svg'), drawDiscovery(file.results, shown))
    say(`\n${tables}`)
    return { rows: [], verdicts: verdictsOf(file.results, shown) }
  },
}
