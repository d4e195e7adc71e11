// What the watcher costs the machine it runs on: memory and CPU, with many containers that do nothing and with none.

import type { EngineFleet } from '../engine-fleet.ts'
import type { Row, Scenario } from '../scenario.ts'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { openEngineFleet } from '../engine-fleet.ts'
import { pollUntil } from '../http-poll.ts'
import { reported } from '../scenario.ts'

/** Of the kernel's tables, on every Linux. */
const ticksASecond = 100
/** Started at once: an engine on two cores does no more of them any faster. */
const wave = 5

interface Cost {
  readonly residentMiB: number
  /** Of one core. */
  readonly cpuPercent: number
}

function readCpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  const [user, system] = fields.slice(11, 13).map(Number)
  return (((user ?? 0) + (system ?? 0)) / ticksASecond) * 1_000
}

async function measure(pid: number, seconds: number): Promise<Cost> {
  const before = readCpuMs(pid)
  await delay(seconds * 1_000)
  const cpuMs = readCpuMs(pid) - before
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return { residentMiB: Number(kibibytes) / 1_024, cpuPercent: cpuMs / 10 / seconds }
}

async function startContainers(fleet: EngineFleet, count: number): Promise<void> {
  for (let started = 0; started < count; started += wave) {
    const containers = await Promise.all(
      Array.from({ length: Math.min(wave, count - started) }, () => fleet.create('crowd')),
    )
    await Promise.all(containers.map((container) => container.start()))
  }
  await pollUntil(
    () => fleet.ask('/services/crowd'),
    ({ body }) => body.split('"state":"alive"').length - 1 === count,
    performance.now(),
    60_000,
  )
}

export const watcherCost: Scenario = {
  name: 'watcher-cost',
  description: 'memory and CPU of the watcher, by the containers that it answers for',
  async run({ isQuick, say }) {
    const [count, seconds] = isQuick ? [5, 1] : [200, 60]
    const fleet = await openEngineFleet()
    try {
      const { pid } = fleet.watcher
      await delay(isQuick ? 500 : 5_000)
      const none = await measure(pid, seconds)
      const startingMs = readCpuMs(pid)
      await startContainers(fleet, count)
      const startMs = (readCpuMs(pid) - startingMs) / count
      say(`${count} containers run`)
      const many = await measure(pid, seconds)
      const rows = (what: string, { residentMiB, cpuPercent }: Cost): Row[] => [
        { what: `${what}: resident memory`, value: residentMiB, unit: 'MiB' },
        { what: `${what}: CPU, of one core`, value: cpuPercent, unit: '%' },
      ]
      return {
        rows: [
          ...rows('no container', none),
          ...rows(`${count} containers`, many),
          { what: 'a container that starts: CPU', value: startMs, unit: 'ms' },
        ],
        verdicts: [
          reported(`${count} containers by none: resident memory`, many.residentMiB / none.residentMiB),
          reported(`${count} containers: CPU, of one core`, many.cpuPercent, '%'),
        ],
      }
    } finally {
      await fleet.close()
    }
  },
}
