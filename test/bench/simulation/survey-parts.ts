// What the parts of a survey cost on this machine: a question, a line of an answer, the end of a round. The costs that the simulator takes.

import { setImmediate as turn } from 'node:timers/promises'
import { createRegistry } from '../../../discovery/registry/registry.ts'
import { readAnswer } from '../../../messaging/roll/answer.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { startChild } from '../child.ts'
import { startStopwatch } from '../stopwatch.ts'
import { median } from '../statistics.ts'
import { openMeasuredFleet } from './measured-fleet.ts'

const question = Buffer.from('service query')

/** CPU of writing a question to one of a thousand connections whose other ends are stopped, so that nothing comes back. */
export async function measureQuestionUs(): Promise<number> {
  const count = 1_000
  const engine = createSpEngine()
  const surveyor = engine.createSurveyor()
  const listener = await engine.listen('tcp://127.0.0.1:0', surveyor)
  const respondents = startChild('respondents', [Number(listener.address.split(':').pop()), count])
  await respondents.next()
  const ask = (signal?: AbortSignal) =>
    surveyor.survey(question, { deadlineMs: 5_000, ...(signal && { signal }), onAnswer() {} })
  while ((await ask().outcome).answered < count);
  // The code is compiled.
  for (let i = 0; i < 20; i += 1) await ask().outcome
  respondents.signal('SIGSTOP')
  const samples: number[] = []
  for (let i = 0; i < 20; i += 1) {
    const stop = new AbortController()
    const took = startStopwatch()
    ask(stop.signal)
    await turn()
    samples.push((took().cpuMs * 1_000) / count)
    stop.abort()
  }
  await respondents.kill()
  await engine.close()
  return median(samples)
}

/** CPU at both ends of each line of an answer, after the first. */
export async function measureLineUs(seconds: number): Promise<{ daemonUs: number; respondentUs: number }> {
  const [count, lines] = [20, 500]
  const line = '{"service":"s%","id":"i%-#","address":"tcp://10.0.0.7:#","boot":"b1","zone":"eu-1a","version":"1.4.2"}'
  const answer = Array.from({ length: lines }, (_, i) => line.replaceAll('#', String(1_000 + i))).join('\n')
  const long = await measureAnswers(count, answer, seconds)
  const short = await measureAnswers(count, line.replaceAll('#', '1000'), seconds)
  const each = (end: 'daemonCpuMs' | 'respondentsCpuMs') => ((long[end] - short[end]) * 1_000) / (count * (lines - 1))
  return { daemonUs: each('daemonCpuMs'), respondentUs: each('respondentsCpuMs') }
}

async function measureAnswers(count: number, answer: string, seconds: number) {
  const fleet = await openMeasuredFleet({ count, answer, intervalMs: 100, warmUpMs: seconds * 1_000 })
  const measured = await fleet.measure(seconds)
  await fleet.close()
  return measured
}

/** CPU of the registry for each pipe when a round ends and nobody was missing. */
export function measureRoundEndUs(): number {
  const registry = createRegistry()
  const count = 20_000
  for (let id = 1; id <= count; id += 1) {
    const pipe = { id, isMany: false, local: undefined, remote: undefined }
    registry.attach(pipe, 0)
    const body = Buffer.from(`{"service":"s","id":"i${id}","address":"tcp://10.0.0.7:${id % 60_000}"}`)
    registry.hear(pipe, readAnswer(body), { nowMs: 0, roundTripMs: 1, round: 1 })
  }
  const samples = Array.from({ length: 30 }, (_, round) => {
    const took = startStopwatch()
    registry.endRound({ startedAtMs: -1, missing: [], nowMs: round, isLagged: false })
    return (took().cpuMs * 1_000) / count
  })
  return median(samples.slice(10))
}
