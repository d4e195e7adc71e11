// A survey round: one question to thousands, every answer counted, at the daemon's default pacing. Who asks and who answers are
// processes of their own, a pair for each contender: one process would run out of file descriptors.

import type { Child } from '../child.ts'
import type { Row, Scenario, Verdict } from '../scenario.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { startChild } from '../child.ts'
import { atMost } from '../scenario.ts'
import { median, spread } from '../statistics.ts'

const answer = 'web|tcp://10.0.0.7:8080'
const kinds = ['sp', 'bare', 'nanomsg'] as const

interface Contender {
  readonly kind: (typeof kinds)[number]
  readonly surveyor: Child
  readonly respondents: Child
  readonly samples: number[]
}

async function openContender(kind: (typeof kinds)[number], count: number): Promise<Contender> {
  const surveyor = startChild('surveyor', [kind, count])
  const { port } = await surveyor.next()
  const respondents = startChild('respondents', [Number(port), count, kind === 'bare' ? 'bare' : 'sp', answer])
  await respondents.next()
  const contender = { kind, surveyor, respondents, samples: [] }
  await untilAll(contender, count)
  return contender
}

async function untilAll({ kind, surveyor }: Contender, count: number): Promise<void> {
  let answers: unknown
  for (let tries = 0; tries < 10; tries += 1) {
    const found = await surveyor.ask()
    if (found['ms'] !== undefined) return
    answers = found['answers']
    await delay(500)
  }
  throw new Error(`${kind}: ${String(answers)} of ${count} answer; is the limit of open files (ulimit -n) high enough?`)
}

/** A respondent that hears no question for 5 s dials afresh: those that are open are asked while the next one opens. */
async function meanwhileAsking(open: readonly Contender[], opening: Promise<Contender>): Promise<Contender> {
  for (;;) {
    const opened = await Promise.race([opening, delay(2_000)])
    if (opened) return opened
    for (const { surveyor } of open) await surveyor.ask()
  }
}

async function timeRound({ kind, surveyor }: Contender, count: number): Promise<number> {
  const { ms, answers } = await surveyor.ask()
  if (ms === undefined) throw new Error(`${kind}: ${String(answers)} of ${count} answered`)
  return Number(ms)
}

export const surveyRound: Scenario = {
  name: 'survey-round',
  description: 'one question to 1,000, 5,000 and 10,000 respondents in another process, every answer counted',
  async run({ isQuick, say }) {
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    for (const count of isQuick ? [200] : [1_000, 5_000, 10_000]) {
      const contenders: Contender[] = []
      for (const kind of kinds) contenders.push(await meanwhileAsking(contenders, openContender(kind, count)))
      // Interleaved; the first two of each only warm it up.
      for (let i = 0; i < (isQuick ? 5 : 32); i += 1)
        for (const contender of contenders) {
          const ms = await timeRound(contender, count)
          if (i >= 2) contender.samples.push(ms)
        }
      for (const { surveyor, respondents } of contenders) {
        await respondents.kill()
        await surveyor.kill()
      }
      for (const { kind, samples } of contenders)
        rows.push({
          what: `${count}: ${kind}`,
          value: median(samples),
          unit: 'ms',
          spread: spread(samples),
          samples: samples.length,
        })
      const medianOf = (kind: string) => median(contenders.find((each) => each.kind === kind)?.samples ?? [])
      verdicts.push(atMost(`${count}: rollcall by bare`, medianOf('sp') / medianOf('bare'), 1.25))
      verdicts.push(atMost(`${count}: rollcall by npm nanomsg`, medianOf('sp') / medianOf('nanomsg'), 1))
      say(`${count} done`)
    }
    return { rows, verdicts }
  },
}
