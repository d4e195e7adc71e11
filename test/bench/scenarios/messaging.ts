// Ours beside the systems that it is compared with, and beside bare sockets: throughput, latency at fixed rates, requests and fan-out. What was
// measured is kept with every run, and drawn at the end.

import type { Scenario } from '../scenario.ts'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeMachine } from '../machine.ts'
import { compare } from '../messaging/compare.ts'
import { drawMessaging } from '../messaging/draw.ts'
import { planMeasurements } from '../messaging/measurements.ts'
import { openResults } from '../results.ts'
import { verdictsOf } from '../messaging/summary.ts'
import { formatTables } from '../messaging/tables.ts'
import { peers } from '../peers/messaging/peers.ts'

export const messaging: Scenario = {
  name: 'messaging',
  description: 'Rollcall beside the systems it is compared with; --resume goes on with what is missing',
  /** The full run takes 45 minutes at most; whoever adds peers or runs has to look at this. */
  timeoutMs: 3_600_000,
  compares: {
    peers: peers.map(({ name }) => name),
    measurements: (isQuick) => planMeasurements(isQuick).map(({ key }) => key),
  },
  async run({ isQuick, isResumed = false, isRedone = false, isProfiled, folder, only, measure = [], say }) {
    const plan = planMeasurements(isQuick)
    const measurements = plan.filter(({ key }) => measure.length === 0 || measure.some((part) => key.includes(part)))
    const file = openResults(join(folder, 'messaging.json'), describeMachine(), isResumed)
    const chosen = peers.filter(({ name }) => only === undefined || only.includes(name))
    const profiles = isProfiled ? folder : undefined
    await compare(chosen, { measurements, file, isRedone, say, ...(profiles === undefined ? {} : { profiles }) })
    // What the folder had before is told of, too.
    const measured = plan.filter(({ key }) => key in file.results.samples || key in file.results.failures)
    const tables = formatTables(file.results, measured)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'messaging.md'), tables)
    for (const [name, svg] of Object.entries(drawMessaging(file.results, measured)))
      await writeFile(join(folder, name), svg)
    say(`\n${tables}`)
    return { rows: [], verdicts: verdictsOf(file.results, measured) }
  },
}
