// The simulator beside real rounds: its costs are fitted to the parts of a survey and to a small and a large fleet, and it says what fleets of
// other sizes do. How to read it: README of ../simulation.

import type { Row, Scenario, Verdict } from '../scenario.ts'
import type { Measured } from '../simulation/measured-fleet.ts'
import type { SurveyCosts } from '../simulation/costs.ts'
import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startChild } from '../child.ts'
import { askHttp, pollUntil } from '../http-poll.ts'
import { openMeasuredFleet } from '../simulation/measured-fleet.ts'
import { simulate } from '../simulation/simulate.ts'
import { measureLineUs, measureQuestionUs, measureRoundEndUs } from '../simulation/survey-parts.ts'
import { mean, median } from '../statistics.ts'

const intervalMs = 1_000
/** A daemon that lags holds its rounds against nobody, and may freeze removals for 15 s. */
const withinMs = 60_000
const answer = '{"service":"s%","id":"i%","address":"tcp://10.0.0.7:80","boot":"b1"}\t{"load":0.1}'

interface FleetFigures extends Measured {
  readonly suspectMs: readonly number[]
  readonly goneMs: readonly number[]
  /** Of whoever was stopped and not taken off the roll in time, as by a daemon that lags. */
  readonly overdue?: string
}

async function measureFleet(count: number, seconds: number, victims: number): Promise<FleetFigures> {
  const fleet = await openMeasuredFleet({ count, answer, intervalMs, warmUpMs: seconds * 1_000 })
  const measured = await fleet.measure(seconds)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const suspectMs: number[] = []
  const goneMs: number[] = []
  let overdue: string | undefined
  for (let i = 0; i < victims; i += 1) {
    const victim = startChild('respondents', [
      fleet.port,
      1,
      'sp',
      `{"service":"victim","id":"v${i}","address":"tcp://10.0.0.8:${i + 1}"}`,
    ])
    await victim.next()
    // Not back to back: whoever asks without a pause has the daemon's core.
    const ask = async () => {
      await delay(5)
      return askHttp(agent, fleet.httpPort, '/services/victim')
    }
    await pollUntil(
      ask,
      ({ body }) => body.includes('"alive"') && body.includes(`"v${i}"`),
      performance.now(),
      withinMs,
    )
    // Spread over an interval.
    await fleet.untilRound()
    await delay(((i + 0.5) / victims) * intervalMs)
    const sinceMs = performance.now()
    victim.signal('SIGSTOP')
    try {
      suspectMs.push(await pollUntil(ask, ({ body }) => body.includes('"suspect"'), sinceMs, withinMs))
      goneMs.push(await pollUntil(ask, ({ body }) => !body.includes(`"v${i}"`), sinceMs, withinMs))
    } catch (error) {
      overdue = error instanceof Error ? error.message.slice(0, 100) : String(error)
    }
    await victim.kill()
    // What was measured until then is good.
    if (overdue !== undefined) break
  }
  agent.destroy()
  await fleet.close()
  return { ...measured, suspectMs, goneMs, ...(overdue === undefined ? {} : { overdue }) }
}

function predict(count: number, costs: SurveyCosts) {
  // On one machine: the daemon has a core, and everyone else the other.
  const network = { delayMs: 0.02, jitterMs: 0 }
  const shape = { kind: 'flat', daemons: 1 } as const
  const scene = { shape, instances: count, costs, network, perCore: count, intervalMs, rounds: 8 }
  const { cpuShare, instanceCores, messagesPerSecond, roundsMs } = simulate(scene)
  const { hungSuspectMs, hungGoneMs } = simulate({ ...scene, victims: Math.min(50, count / 20) })
  return {
    daemonCpuMs: cpuShare * intervalMs,
    respondentsCpuMs: instanceCores * intervalMs,
    roundMs: median(roundsMs),
    messagesPerRound: (messagesPerSecond * intervalMs) / 1_000,
    suspectMs: mean(hungSuspectMs),
    goneMs: mean(hungGoneMs),
  }
}

function within(what: string, ratio: number, share: number): Verdict {
  const target = `${1 - share} to ${1 + share}`
  return { what, value: ratio, unit: '×', target, isMet: Math.abs(ratio - 1) <= share }
}

export const simulation: Scenario = {
  name: 'simulation',
  description:
    'what the parts of a survey cost, and the simulator beside real rounds of 1,000, 5,000 and 15,000 respondents',
  timeoutMs: 900_000,
  async run({ isQuick, say }) {
    const counts = isQuick ? [300] : [1_000, 5_000, 15_000]
    const fitted = isQuick ? { small: 100, large: 400 } : { small: 500, large: 10_000 }
    const [seconds, victims] = isQuick ? [2, 1] : [10, 6]
    const questionUs = await measureQuestionUs()
    const line = await measureLineUs(isQuick ? 1 : 8)
    const roundEndUs = measureRoundEndUs()
    say('parts done')
    const small = await measureFleet(fitted.small, seconds, 0)
    const large = await measureFleet(fitted.large, seconds, 0)
    say('fitted')
    const figures = new Map<number, FleetFigures>()
    for (const count of counts) {
      const measured = await measureFleet(count, seconds, victims)
      figures.set(count, measured)
      say(
        `${count}: a round ${measured.roundMs.toFixed(1)} ms, CPU of the daemon ${measured.daemonCpuMs.toFixed(1)} ms`,
      )
    }
    const [smallUs, largeUs] = [(small.daemonCpuMs * 1_000) / fitted.small, (large.daemonCpuMs * 1_000) / fitted.large]
    const costs: SurveyCosts = {
      questionUs,
      answerUs: smallUs - questionUs - roundEndUs,
      coldUs: Math.max(0, largeUs - smallUs) / (1 - fitted.small / fitted.large),
      warmPipes: fitted.small,
      lineUs: line.daemonUs,
      roundEndUs,
      respondentUs: (large.respondentsCpuMs * 1_000) / fitted.large,
      respondentLineUs: line.respondentUs,
      pipeBytes: large.pipeBytes,
    }
    const rows: Row[] = Object.entries(costs).map(([what, value]) => ({
      what,
      value,
      unit: what.endsWith('Us') ? 'µs' : what.endsWith('Bytes') ? 'B' : '',
    }))
    const verdicts: Verdict[] = []
    const notes: string[] = []
    for (const [count, measured] of figures) {
      const predicted = predict(count, costs)
      const compare = (what: string, unit: string, is: number, isPredicted: number) => {
        rows.push(
          { what: `${count}: ${what}`, value: is, unit },
          { what: `${count}: ${what}, simulated`, value: isPredicted, unit },
        )
        verdicts.push(within(`${count}: ${what}, simulated by measured`, isPredicted / is, 0.2))
      }
      compare('a round', 'ms', measured.roundMs, predicted.roundMs)
      compare('CPU of the daemon for it', 'ms', measured.daemonCpuMs, predicted.daemonCpuMs)
      compare('CPU of the respondents', 'ms', measured.respondentsCpuMs, predicted.respondentsCpuMs)
      compare('messages', '', measured.messagesPerRound, predicted.messagesPerRound)
      if (measured.suspectMs.length > 0)
        compare('SIGSTOP → suspect, mean', 'ms', mean(measured.suspectMs), predicted.suspectMs)
      if (measured.goneMs.length > 0) compare('SIGSTOP → gone, mean', 'ms', mean(measured.goneMs), predicted.goneMs)
      if (measured.overdue !== undefined) notes.push(`${count}: ${measured.overdue}`)
    }
    return { notes, rows, verdicts }
  },
}
