// What a respondent costs the daemon: memory, and CPU in each round, by the size of the fleet.

import type { Scenario } from '../scenario.ts'
import { startChild } from '../child.ts'
import { atMost } from '../scenario.ts'
import { flatness, median } from '../statistics.ts'

const line = '{"service":"s%","id":"i%","address":"tcp://10.0.0.7:80","boot":"b1"}\t{"load":0.1}'

/** Answers until the daemon's code is compiled: a small fleet would otherwise be measured on the interpreter. */
const warmupAnswers = 20_000

async function measure(count: number, seconds: number, warmup: number) {
  // A small fleet is asked more often, so that it warms up and is measured in the same time; what is told is the cost of a round.
  const intervalMs = Math.min(1_000, Math.max(100, count / 10))
  const daemon = startChild('measured-daemon', [intervalMs], { execArgv: ['--expose-gc'] })
  const { port } = await daemon.next()
  // The bare daemon, warmed up: its code is compiled, its first rounds are done.
  await waitForRounds(2)
  const idleCpuMs = await cpuPerRound()
  const empty = await daemon.ask()
  const respondents = startChild('respondents', [Number(port), count, 'sp', line])
  await respondents.next()
  for (;;) {
    const { alive } = await daemon.ask()
    if (alive === count) break
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  await waitForRounds(Math.max(5, warmup / count))
  const cpuMs = await cpuPerRound()
  const looks: Record<string, unknown>[] = []
  for (let i = 0; i < 5; i += 1) {
    await waitForRounds(3)
    looks.push(await daemon.ask())
  }
  await respondents.kill()
  await daemon.kill()
  const perRespondent = (key: string) => looks.map((look) => (Number(look[key]) - Number(empty[key])) / count)
  return {
    heapBytes: perRespondent('heap'),
    rssBytes: perRespondent('rss'),
    cpuUs: ((cpuMs - idleCpuMs) / count) * 1_000,
  }

  async function waitForRounds(more: number): Promise<void> {
    const { round } = await daemon.ask()
    for (;;) {
      const now = await daemon.ask()
      if (Number(now['round']) >= Number(round) + more) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  /** Between two looks, without any look in between: a look collects garbage. */
  async function cpuPerRound(): Promise<number> {
    const before = await daemon.ask()
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
    const after = await daemon.ask()
    // The look itself costs what an immediate second one does.
    const again = await daemon.ask()
    const lookMs = Number(again['cpuMs']) - Number(after['cpuMs'])
    return (
      (Number(after['cpuMs']) - Number(before['cpuMs']) - lookMs) / (Number(after['round']) - Number(before['round']))
    )
  }
}

export const memoryAndCpu: Scenario = {
  name: 'memory-and-cpu',
  description: 'memory per respondent, and CPU of a round per respondent, by the size of the fleet',
  async run({ isQuick, say }) {
    const measured = new Map<number, Awaited<ReturnType<typeof measure>>>()
    for (const count of isQuick ? [50, 100] : [100, 1_000, 5_000, 10_000]) {
      measured.set(count, await measure(count, isQuick ? 2 : 20, isQuick ? 0 : warmupAnswers))
      say(`${count} done`)
    }
    const largest = measured.get(isQuick ? 100 : 10_000)
    return {
      rows: [...measured].flatMap(([count, { heapBytes, rssBytes, cpuUs }]) => [
        { what: `${count}: heap and buffers per respondent`, value: median(heapBytes) / 1_024, unit: 'KiB' },
        { what: `${count}: resident memory per respondent`, value: median(rssBytes) / 1_024, unit: 'KiB' },
        { what: `${count}: CPU of a round per respondent`, value: cpuUs, unit: 'µs' },
      ]),
      verdicts: [
        atMost('the largest fleet: heap, largest by smallest of 5 looks', flatness(largest?.heapBytes ?? []), 1.25),
        atMost('the largest fleet: resident memory, likewise', flatness(largest?.rssBytes ?? []), 1.25),
        atMost(
          'CPU of a round per respondent, by size',
          flatness([...measured.values()].map(({ cpuUs }) => cpuUs)),
          1.25,
        ),
      ],
    }
  },
}
