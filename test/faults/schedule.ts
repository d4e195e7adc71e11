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
  /** How often `kill` and `pause` are done to more than half of the instances. Default: one time of four. */
  readonly manyShare?: number
  /** Between the beginnings of two faults. Default: half a second to five. */
  readonly gapMs?: readonly [least: number, most: number]
  /** So long at least two live that claim one id. Default: as it comes, ten seconds and more. */
  readonly leastTwinMs?: number
  /** Between two faults of a daemon that all its instances see, so that what it does in one can be judged. Default: a moment, as between those of an instance. */
  readonly daemonRestMs?: number
}

type Target = (options: ScheduleOptions, random: Random) => readonly string[]

interface KindPlan {
  readonly target: Target
  readonly seconds: readonly [least: number, most: number]
  readonly amount?: (options: ScheduleOptions, random: Random) => number
}

const anyHost: Target = ({ daemons, instances }, random) => [pick(random() < 0.4 ? daemons : instances, random)]
/** One, or so many at once that a daemon has to doubt itself. */
const someInstances: Target = ({ instances, manyShare = 0.25 }, random) => {
  const count = random() < manyShare ? Math.ceil(instances.length * 0.6) : 1
  return pickSome(instances, count, random)
}
const anyPair: Target = ({ daemons, instances }, random) => {
  const pair = [pick(instances, random), pick(daemons, random)]
  return random() < 0.5 ? pair : pair.toReversed()
}
const answering: Target = ({ daemons, instances }, random) => [pick(instances, random), pick(daemons, random)]
const everybody: Target = ({ daemons, instances }) => [...daemons, ...instances]
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
  'engine-restart': { target: everybody, seconds: [1, 1] },
})

const defaultGapMs = [500, 5_000] as const

/** Kinds come in turn, each as often as the others, in an order that the seed decides. */
export function createSchedule(options: ScheduleOptions): Schedule {
  const { seed, lengthMs, kinds, settleMs, quietMs, gapMs = defaultGapMs, leastTwinMs = 0 } = options
  const random = createRandom(seed, 'schedule')
  const faults: PlannedFault[] = []
  const endMs = lengthMs - quietMs
  let deck: FaultKind[] = []
  for (let atMs = settleMs; atMs < endMs; atMs += between(...gapMs, random)) {
    if (deck.length === 0) deck = drawDeck(kinds, faults.length === 0, random)
    const kind = deck.shift()
    if (kind === undefined) break
    const { target, seconds, amount } = plans[kind]
    const drawnMs = between(seconds[0] * 1_000, seconds[1] * 1_000, random)
    const fault: PlannedFault = {
      kind,
      atMs,
      durationMs: Math.min(kind === 'duplicate-id' ? Math.max(drawnMs, leastTwinMs) : drawnMs, endMs - atMs),
      hosts: target(options, random),
      amount: amount?.(options, random) ?? 0,
    }
    if (faults.some((other) => isInTheWay(other, fault, options))) deck.push(kind)
    else faults.push(fault)
  }
  return { seed, lengthMs, faults }
}

/** What needs everybody is done first, while nothing else is, and once. */
function drawDeck(kinds: readonly FaultKind[], isFirst: boolean, random: Random): FaultKind[] {
  const drawn = pickSome(kinds, kinds.length, random)
  const others = drawn.filter((kind) => plans[kind].target !== everybody)
  return isFirst ? [...drawn.filter((kind) => !others.includes(kind)), ...others] : others
}

/** What a daemon does in these is not seen by all of its instances. */
const isLight: ReadonlySet<FaultKind> = new Set(['one-way', 'clock-step', 'slow-reader'])

/** A host needs a moment between two faults, to be dialled and asked. */
const restMs = 1_000

function isInTheWay(earlier: PlannedFault, later: PlannedFault, options: ScheduleOptions): boolean {
  const sinceMs = later.atMs - earlier.atMs - earlier.durationMs
  const { daemons, daemonRestMs = restMs } = options
  const isJudged = !isLight.has(earlier.kind) && !isLight.has(later.kind)
  const isAgain = (host: string) =>
    later.hosts.includes(host) && sinceMs <= (isJudged && daemons.includes(host) ? daemonRestMs : restMs)
  const isSameCrowd = earlier.kind === later.kind && earlier.hosts.length === 0 && sinceMs <= restMs
  return isSameCrowd || earlier.hosts.some(isAgain)
}
