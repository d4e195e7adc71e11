// What is asked of the simulator: each study is a table, and lines to draw. Costs are those of costs.ts, times those of the daemon's defaults.

import type { Outcome, Scene, Shape } from './simulate.ts'
import { median, percentile } from '../statistics.ts'
import { measuredCosts } from './costs.ts'
import { simulate } from './simulate.ts'

export interface Study {
  readonly name: string
  readonly description: string
  readonly columns: readonly string[]
  readonly rows: readonly StudyRow[]
}

export interface StudyRow {
  /** The line of a chart that it is a point of. */
  readonly line: string
  /** Where on it. */
  readonly x: number
  /** By the names of columns; undefined where there is nothing to tell. */
  readonly values: Readonly<Record<string, number | undefined>>
}

export interface StudyOptions {
  /** Some small sizes, to see that it works. */
  readonly isQuick: boolean
  readonly say: (text: string) => void
}

const perRelay = 2_000

const shapes: readonly { readonly line: string; readonly shape: Shape; readonly largest: number }[] = [
  { line: 'one daemon', shape: { kind: 'flat', daemons: 1 }, largest: Infinity },
  { line: 'three daemons', shape: { kind: 'flat', daemons: 3 }, largest: 100_000 },
  { line: 'relays that name everyone', shape: { kind: 'lines', perRelay }, largest: Infinity },
  { line: 'relays that tell changes', shape: { kind: 'changes', perRelay }, largest: Infinity },
]

const sizes = [100, 1_000, 5_000, 10_000, 15_000, 25_000, 50_000, 100_000, 250_000, 1_000_000]

export const sizeColumns = Object.freeze({
  round: 'round, ms',
  cpu: 'CPU of a daemon, %',
  relayCpu: 'CPU of a relay, %',
  messages: 'messages at a daemon, /s',
  allMessages: 'messages in all, /s',
  megabits: 'traffic at a daemon, Mbit/s',
  pause: 'longest pause, ms',
  memory: 'memory of a daemon, MiB',
  killed: 'killed → suspect, 99th percentile, ms',
  suspect: 'hangs → suspect, median, ms',
  gone: 'hangs → gone, 99th percentile, ms',
})

export function studySizes({ isQuick, say }: StudyOptions): Study {
  const rows: StudyRow[] = []
  for (const { line, shape, largest } of shapes)
    for (const instances of isQuick ? [100, 1_000] : sizes) {
      if (instances > largest) continue
      const victims = Math.max(1, Math.min(200, Math.floor(instances / 20)))
      const still = simulate({ shape, instances, rounds: 4 })
      const ending = simulate({ shape, instances, victims })
      rows.push({ line, x: instances, values: describeSize(still, ending, pipesOf(shape, instances)) })
      say(`${line}: ${instances}`)
    }
  const description = 'by how many instances there are; nobody is lost on the way'
  return { name: 'size', description, columns: Object.values(sizeColumns), rows }
}

function pipesOf(shape: Shape, instances: number): number {
  return shape.kind === 'flat' ? instances : Math.ceil(instances / shape.perRelay)
}

/** What it costs while nobody ends, and how soon who ends is found out. */
function describeSize(outcome: Outcome, ending: Outcome, pipes: number): StudyRow['values'] {
  const { relayCpuShare } = outcome
  return {
    [sizeColumns.round]: median(outcome.roundsMs),
    [sizeColumns.cpu]: outcome.cpuShare * 100,
    [sizeColumns.relayCpu]: relayCpuShare === undefined ? undefined : relayCpuShare * 100,
    [sizeColumns.messages]: outcome.messagesPerSecond,
    [sizeColumns.allMessages]: outcome.allMessagesPerSecond,
    [sizeColumns.megabits]: (outcome.bytesPerSecond * 8) / 1e6,
    [sizeColumns.pause]: outcome.longestPauseMs,
    [sizeColumns.memory]: (pipes * measuredCosts.pipeBytes) / 2 ** 20,
    [sizeColumns.killed]: percentile(ending.killedSuspectMs, 0.99),
    [sizeColumns.suspect]: median(ending.hungSuspectMs),
    [sizeColumns.gone]: percentile(ending.hungGoneMs, 0.99),
  }
}

export const lossColumns = Object.freeze({
  suspicions: 'suspected though it lives, /day',
  removals: 'removed though it lives, /day',
})

/** Of packets that TCP sends again, and of questions that nothing becomes of. */
export function studyLoss({ isQuick, say }: StudyOptions): Study {
  const shares = isQuick ? [0.01, 0.1] : [0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3]
  const kinds: readonly { readonly line: string; readonly of: (share: number) => Partial<Scene> }[] = [
    { line: 'packets lost, and sent again by TCP', of: (lossRate) => ({ network: { lossRate } }) },
    { line: 'questions unanswered', of: (silenceRate) => ({ silenceRate }) },
  ]
  const rows: StudyRow[] = []
  for (const { line, of } of kinds)
    for (const share of shares) {
      const shape: Shape = { kind: 'flat', daemons: 1 }
      const scene = { shape, instances: isQuick ? 200 : 10_000, rounds: isQuick ? 5 : 100, ...of(share) }
      const { falseSuspicions, falseRemovals, observedHours } = simulate(scene)
      const aDay = (count: number) => (count / observedHours) * 24
      rows.push({
        line,
        x: share * 100,
        values: {
          [lossColumns.suspicions]: aDay(falseSuspicions),
          [lossColumns.removals]: aDay(falseRemovals),
        },
      })
      say(`${line}: ${share * 100} %`)
    }
  const description =
    'by the share that is lost, in percent; each of 10,000 instances, in 100 rounds, so that less than 0.09 a day is not seen'
  return { name: 'loss', description, columns: Object.values(lossColumns), rows }
}

export const intervalColumns = Object.freeze({ most: 'instances at half a core', gone: 'hangs → gone, at most, ms' })

/** How many one daemon may ask with half a core left for lookups. */
export function studyInterval({ isQuick, say }: StudyOptions): Study {
  const { questionUs, answerUs, coldUs, roundEndUs } = measuredCosts
  const rows = (isQuick ? [1_000] : [1_000, 2_000, 5_000, 10_000]).map((intervalMs): StudyRow => {
    const most = Math.floor((intervalMs * 1_000) / 2 / (questionUs + answerUs + coldUs + roundEndUs) / 100) * 100
    const instances = isQuick ? 100 : most
    const shape: Shape = { kind: 'flat', daemons: 1 }
    const { hungGoneMs } = simulate({ shape, instances, intervalMs, victims: Math.min(100, instances / 20) })
    say(`an interval of ${intervalMs} ms`)
    return {
      line: 'one daemon',
      x: intervalMs,
      values: { [intervalColumns.most]: most, [intervalColumns.gone]: Math.max(...hungGoneMs) },
    }
  })
  const description = 'by INTERVAL, in ms: where a flat survey takes half a core'
  return { name: 'interval', description, columns: Object.values(intervalColumns), rows }
}
