// Providers a second from a program's own copy of the roll, beside a random pick from an array; with five of the name and with a thousand.

import type { Row, Scenario, Verdict } from '../scenario.ts'
import { setImmediate } from 'node:timers/promises'
import { follow } from '../../../messaging/roll/follow.ts'
import { startChild, startDaemon } from '../child.ts'
import { findFreePort } from '../free-port.ts'
import { atLeast } from '../scenario.ts'
import { median, spread } from '../statistics.ts'

const filter = Object.freeze({ near: 'eu-1a', tags: Object.freeze(['canary']) })

/** How many a second, by the CPU time of this process: others share the machine. */
async function measure(calls: number, work: (calls: number) => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage()
  await work(calls)
  const { user, system } = process.cpuUsage(before)
  return (calls / (user + system)) * 1_000_000
}

async function compare(instances: number, isQuick: boolean): Promise<Map<string, number[]>> {
  const port = await findFreePort()
  const daemon = startDaemon({ PORT: String(port), HTTP_PORT: '0' })
  const line = '{"service":"web","id":"web-%","address":"http://10.0.0.7:%","zone":"eu-1a","tags":["canary"]}'
  const lines = Array.from({ length: instances }, (_, i) => line.replaceAll('%', String(10_000 + i))).join('\n')
  const respondent = startChild('respondents', [port, 1, 'sp', lines])
  await respondent.next()
  const roll = await follow({ discovery: [`127.0.0.1:${port}`] })
  const web = roll.name('web')
  await web.known()
  while (web.instances.length < instances) await setImmediate()

  let found = 0
  const works: Record<string, (calls: number) => Promise<void> | void> = {
    'await resolve()': async (calls) => {
      for (let i = 0; i < calls; i += 1) found += (await roll.resolve('web')).port
    },
    'await resolve() with a filter': async (calls) => {
      for (let i = 0; i < calls; i += 1) found += (await roll.resolve('web', filter)).port
    },
    'draw()': (calls) => {
      for (let i = 0; i < calls; i += 1) {
        const choice = web.draw()
        if (choice.outcome === 'PROVIDER') found += choice.instance.port
      }
    },
    'bare: a random pick from an array': (calls) => {
      const list = web.instances
      for (let i = 0; i < calls; i += 1) found += list[Math.floor(Math.random() * list.length)]?.port ?? 0
    },
  }
  const figures = new Map<string, number[]>()
  const calls = isQuick ? 20_000 : 2_000_000
  for (let run = 0; run < (isQuick ? 2 : 6); run += 1)
    for (const [name, work] of Object.entries(works)) {
      const perSecond = await measure(calls, work)
      // The first warms up.
      if (run > 0) figures.set(name, [...(figures.get(name) ?? []), perSecond])
    }
  if (found === 0) throw new Error('nobody was found')
  await roll.close()
  for (const child of [respondent, daemon]) await child.kill()
  return figures
}

export const clientResolve: Scenario = {
  name: 'client-resolve',
  description: 'resolve() from a program’s own copy of the roll, beside a random pick from an array',
  async run({ isQuick, say }) {
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    for (const instances of [5, 1_000]) {
      const figures = await compare(instances, isQuick)
      for (const [name, values] of figures) {
        const value = median(values)
        say(`${instances}: ${name}: ${(value / 1e6).toFixed(2)} M/s`)
        const row = { value, unit: 'a second of CPU', spread: spread(values), samples: values.length }
        rows.push({ what: `${name}, ${instances} of the name`, ...row })
        if (name.startsWith('await')) verdicts.push(atLeast(`${name}, ${instances}`, value, 1_000_000, 'a second'))
      }
    }
    return { rows, verdicts }
  },
}
