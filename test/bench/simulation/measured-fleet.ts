// A real daemon and real respondents, each in processes of their own, as the simulator is to be like: what a round takes and costs.

import type { Child } from '../child.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { startChild } from '../child.ts'
import { median } from '../statistics.ts'

export interface MeasuredFleetOptions {
  readonly count: number
  /** `%` is the number of the respondent. */
  readonly answer: string
  readonly intervalMs: number
  /** Until the daemon's code is compiled. */
  readonly warmUpMs: number
}

export interface Measured {
  /** Of a round: CPU of the daemon beside what it needs for nobody, and of all respondents. */
  readonly daemonCpuMs: number
  readonly respondentsCpuMs: number
  readonly roundMs: number
  /** Questions and answers. */
  readonly messagesPerRound: number
  /** Resident memory of the daemon, for each respondent. */
  readonly pipeBytes: number
}

export interface MeasuredFleet {
  readonly port: number
  readonly httpPort: number
  measure(seconds: number): Promise<Measured>
  /** Until a round has ended. */
  untilRound(): Promise<void>
  close(): Promise<void>
}

/** Fewer than the file descriptors of a process. */
const perProcess = 5_000

export async function openMeasuredFleet(options: MeasuredFleetOptions): Promise<MeasuredFleet> {
  const { count, answer, intervalMs, warmUpMs } = options
  const daemon = startChild('measured-daemon', [intervalMs], { execArgv: ['--expose-gc'] })
  const { port, httpUrl } = await daemon.next()
  await untilRounds(daemon, 3)
  const [empty, idle] = [await daemon.ask(), await look(daemon)]
  await untilRounds(daemon, 3)
  const idleCpuMs = perRound(idle, await look(daemon), 'cpuMs')
  const respondents: Child[] = []
  for (let from = 0; from < count; from += perProcess) {
    const numbered = answer.replaceAll('%', `${from}-%`)
    const child = startChild('respondents', [Number(port), Math.min(perProcess, count - from), 'sp', numbered])
    respondents.push(child)
    await child.next()
  }
  const lines = answer.split('\n').length
  while (Number((await look(daemon))['alive']) < count * lines) await delay(200)
  await untilRounds(daemon, Math.ceil(warmUpMs / intervalMs))

  return {
    port: Number(port),
    httpPort: Number(new URL(String(httpUrl)).port),
    async measure(seconds) {
      const [before, cpuBefore] = [await look(daemon), await cpuOf(respondents)]
      await delay(seconds * 1_000)
      const [after, cpuAfter] = [await look(daemon), await cpuOf(respondents)]
      const rounds = readRounds(after).filter(({ round }) => round > Number(before['round']))
      const full = await daemon.ask()
      return {
        daemonCpuMs: perRound(before, after, 'cpuMs') - idleCpuMs,
        respondentsCpuMs: (cpuAfter - cpuBefore) / (Number(after['round']) - Number(before['round'])),
        roundMs: median(rounds.map(({ durationMs }) => durationMs)),
        messagesPerRound: median(rounds.map(({ asked, answered }) => (asked ?? 0) + answered)),
        pipeBytes: (Number(full['rss']) - Number(empty['rss'])) / count,
      }
    },
    untilRound: () => untilRounds(daemon, 1),
    async close() {
      for (const child of respondents) await child.kill()
      await daemon.kill()
    },
  }
}

function look(daemon: Child): Promise<Record<string, unknown>> {
  return daemon.ask({ isQuiet: true })
}

async function untilRounds(daemon: Child, more: number): Promise<void> {
  const { round } = await look(daemon)
  while (Number((await look(daemon))['round']) < Number(round) + more) await delay(20)
}

async function cpuOf(children: readonly Child[]): Promise<number> {
  let cpuMs = 0
  for (const child of children) cpuMs += Number((await child.ask())['cpuMs'])
  return cpuMs
}

function perRound(before: Record<string, unknown>, after: Record<string, unknown>, what: string): number {
  return (Number(after[what]) - Number(before[what])) / (Number(after['round']) - Number(before['round']))
}

interface RoundTold {
  readonly round: number
  readonly durationMs: number
  readonly asked: number | null
  readonly answered: number
}

function readRounds({ rounds }: Record<string, unknown>): readonly RoundTold[] {
  return Array.isArray(rounds) ? rounds : []
}
