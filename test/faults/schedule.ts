// What is done to a fleet, to whom, when and for how long: determined by the seed alone. A host is in one fault at a time, so that what one
// did can be told from what another did; hosts of different kinds are in several at once all the time. Pure.

import type { FaultKind } from './history.ts'
import type { Random } from './random.ts'
import { between, createRandom, pick, pickSome } from './random.ts'

export interface PlannedFault {
  readonly kind: FaultKind
  readonly atMs: number
  readonly durationMs: number
  /** As in the history: of a pair the first and the second. Empty where the kind names nobody. */
  readonly hosts: readonly string[]
  /** `loss`: per cent. `delay`, `clock-step`: milliseconds. `thundering`: instances. Else 0. */
  readonly amount: number
}

export interface Schedule {
  readonly seed: number
  readonly lengthMs: number
  readonly faults: readonly PlannedFault[]
}

export interface ScheduleOptions {
  readonly seed: number
  readonly lengthMs: number
  readonly daemons: readonly string[]
  readonly instances: readonly string[]
  readonly kinds: readonly FaultKind[]
  /** Before the first fault, so that there is a roll to lose. */
  readonly settleMs: number
  /** After the end of the last one, so that what is left can be judged. */
  readonly quietMs: number
  /** Of `thundering`. */
  readonly crowd: number
}

type Target = (options: ScheduleOptions, random: Random) => readonly string[]

interface KindPlan {
  readonly target: Target
  readonly seconds: readonly [least: number, most: number]
  readonly amount?: (options: ScheduleOptions, random: Random) => number
}

const anyHost: Target = ({ daemons, instances }, random) => [pick(random() < 0.4 ? daemons : instances, random)]
/** One, or so many at once that a daemon has to doubt itself. */
const someInstances: Target = ({ instances }, random) => {
  const count = random() < 0.25 ? Math.ceil(instances.length * 0.6) : 1
  return pickSome(instances, count, random)
}
const anyPair: Target = ({ daemons, instances }, random) => {
  const pair = [pick(instances, random), pick(daemons, random)]
  return random() < 0.5 ? pair : pair.toReversed()
}
const answering: Target = ({ daemons, instances }, random) => [pick(instances, random), pick(daemons, random)]
const oneDaemon: Target = ({ daemons }, random) => [pick(daemons, random)]
const nobody: Target = () => []

const plans: Readonly<Record<FaultKind, KindPlan>> = Object.freeze({
  kill: { target: someInstances, seconds: [1, 8] },
  pause: {
    target: (options, random) => (random() < 0.5 ? oneDaemon(options, random) : someInstances(options, random)),
    seconds: [1, 12],
  },
  disconnect: { target: anyHost, seconds: [1, 12] },
  'one-way': { target: anyPair, seconds: [1, 12] },
  loss: { target: anyHost, seconds: [3, 10], amount: (_options, random) => between(5, 30, random) },
  delay: { target: anyHost, seconds: [3, 10], amount: (_options, random) => between(50, 500, random) },
  'lost-answer': { target: answering, seconds: [2, 2] },
  'clock-step': {
    target: oneDaemon,
    seconds: [5, 10],
    amount: (_options, random) => (random() < 0.5 ? -1 : 1) * between(60_000, 7_200_000, random),
  },
  'duplicate-id': { target: ({ instances }, random) => [pick(instances, random)], seconds: [10, 15] },
  thundering: { target: nobody, seconds: [8, 8], amount: ({ crowd }) => crowd },
  'slow-reader': { target: oneDaemon, seconds: [10, 20] },
  'forged-answer': { target: nobody, seconds: [5, 10] },
  'daemon-restart': { target: oneDaemon, seconds: [1, 6] },
  'engine-restart': { target: nobody, seconds: [1, 1] },
})

/** Kinds come in turn, each as often as the others, in an order that the seed decides. */
export function createSchedule(options: ScheduleOptions): Schedule {
  const { seed, lengthMs, kinds, settleMs, quietMs } = options
  const random = createRandom(seed, 'schedule')
  const faults: PlannedFault[] = []
  const endMs = lengthMs - quietMs
  let deck: FaultKind[] = []
  for (let atMs = settleMs; atMs < endMs; atMs += between(500, 5_000, random)) {
    if (deck.length === 0) deck = pickSome(kinds, kinds.length, random)
    const kind = deck.shift()
    if (kind === undefined) break
    const { target, seconds, amount } = plans[kind]
    const fault: PlannedFault = {
      kind,
      atMs,
      durationMs: Math.min(between(seconds[0] * 1_000, seconds[1] * 1_000, random), endMs - atMs),
      hosts: target(options, random),
      amount: amount?.(options, random) ?? 0,
    }
    if (faults.some((other) => isInTheWay(other, fault))) deck.push(kind)
    else faults.push(fault)
  }
  return { seed, lengthMs, faults }
}

/** A host needs a moment between two faults, to be dialled and asked. */
const restMs = 1_000

function isInTheWay(earlier: PlannedFault, later: PlannedFault): boolean {
  if (earlier.atMs + earlier.durationMs + restMs < later.atMs) return false
  const isSameCrowd = earlier.kind === later.kind && earlier.hosts.length === 0
  return isSameCrowd || earlier.hosts.some((host) => later.hosts.includes(host))
}
