// From a container's start to its being handed out, and from its end to its being handed out no more, by the watcher; beside them what the
// engine's own event stream takes to tell of the same container.

import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineFleet } from '../engine-fleet.ts'
import type { Row, Scenario } from '../scenario.ts'
import { openEngineFleet } from '../engine-fleet.ts'
import { pollUntil } from '../http-poll.ts'
import { atMost } from '../scenario.ts'
import { median, percentile } from '../statistics.ts'

interface Sample {
  /** From the call to the engine, in milliseconds. */
  readonly toldMs: number
  readonly seenMs: number
  /** Of it the lookup that saw it, from its question to its answer. */
  readonly lookupMs: number
}

const withinMs = 20_000
/** Between two lookups: back to back they would take a core away from the engine, the watcher and the daemon. */
const pauseMs = 1

async function startAndKill(fleet: EngineFleet, service: string) {
  const container = await fleet.create(service)
  let askedAtMs = 0
  const ask = async () => {
    await sleep(pauseMs)
    askedAtMs = performance.now()
    return fleet.ask(`/resolve/${service}`)
  }
  const sample = async (action: 'start' | 'die', call: () => Promise<unknown>, status: number): Promise<Sample> => {
    const sinceMs = performance.now()
    const calling = call()
    const seenMs = await pollUntil(ask, (answer) => answer.status === status, sinceMs, withinMs)
    const lookupMs = sinceMs + seenMs - askedAtMs
    await calling
    return { toldMs: (await fleet.told(container.id, action)) - sinceMs, seenMs, lookupMs }
  }
  const started = await sample('start', () => container.start(), 200)
  const killed = await sample('die', () => container.kill(), 404)
  await fleet.remove(container)
  return { started, killed }
}

/** Milliseconds from the last start event until all of them are on the roll. */
async function startAtOnce(fleet: EngineFleet, count: number): Promise<number> {
  const containers = []
  for (let i = 0; i < count; i += 1) containers.push(await fleet.create('crowd'))
  const sinceMs = performance.now()
  const starting = Promise.all(containers.map((container) => container.start()))
  const seenMs = await pollUntil(
    () => fleet.ask('/services/crowd'),
    ({ body }) => body.split('"state":"alive"').length - 1 === count,
    sinceMs,
    120_000,
  )
  await starting
  const told = await Promise.all(containers.map(({ id }) => fleet.told(id, 'start')))
  return sinceMs + seenMs - Math.max(...told)
}

function describe(what: string, samples: readonly Sample[]): Row[] {
  const row = (kind: string, values: readonly number[], share: number): Row => ({
    what: `${what}, ${kind}: ${share === 0.5 ? 'median' : '99th percentile'}`,
    value: percentile(values, share),
    unit: 'ms',
    samples: values.length,
  })
  const told = samples.map(({ toldMs }) => toldMs)
  const seen = samples.map(({ seenMs }) => seenMs)
  const lookups = samples.map(({ lookupMs }) => lookupMs)
  return [
    row('by the engine', told, 0.5),
    row('by the engine', told, 0.99),
    row('by a lookup', seen, 0.5),
    row('by a lookup', seen, 0.99),
    row('of it that lookup', lookups, 0.99),
  ]
}

export const containerStart: Scenario = {
  name: 'container-start',
  description: 'container started -> handed out, killed -> not, by the watcher, beside the engine’s own events',
  async run({ isQuick, say }) {
    const fleet = await openEngineFleet()
    try {
      // The first of all pays for code that is not compiled yet.
      await startAndKill(fleet, 'first')
      const started: Sample[] = []
      const killed: Sample[] = []
      for (let i = 0; i < (isQuick ? 2 : 100); i += 1) {
        const samples = await startAndKill(fleet, `c${i}`)
        started.push(samples.started)
        killed.push(samples.killed)
      }
      say('one after the other: done')
      const count = isQuick ? 3 : 50
      const crowdMs = await startAtOnce(fleet, count)
      const beyond = (samples: readonly Sample[]) => samples.map(({ seenMs, toldMs }) => seenMs - toldMs)
      return {
        rows: [...describe('started', started), ...describe('killed', killed)],
        verdicts: [
          atMost('started: beyond the event, median', median(beyond(started)), 50, 'ms'),
          atMost('started: beyond the event, 99th percentile', percentile(beyond(started), 0.99), 50, 'ms'),
          atMost('killed: beyond the event, median', median(beyond(killed)), 50, 'ms'),
          atMost('killed: beyond the event, 99th percentile', percentile(beyond(killed), 0.99), 50, 'ms'),
          atMost(`${count} started at once: all on the roll after the last event`, crowdMs, 1_000, 'ms'),
        ],
      }
    } finally {
      await fleet.close()
    }
  },
}
