// Which member of a cluster is asked next. Pure: a plan per change of the roll, a draw per request. Near before far, suspects last; within
// that at random by weight, or the better of two; whoever erred is avoided for a while, unless there is nobody else.

import type { Member } from './roster.ts'
import { planWeightedDraw } from '../roll/weighted-draw.ts'

export type Balance = 'random' | 'least-loaded'

/** What a caller has seen of a member itself. */
export interface Standing {
  inFlight: number
  /** As its last reply had it, and when. */
  load: number
  loadAtMs: number
  /** Errors in a row. */
  failures: number
  avoidUntilMs: number
}

export interface Candidate {
  readonly member: Member
  readonly standing: Standing
}

export function createStanding(): Standing {
  return { inFlight: 0, load: 0, loadAtMs: 0, failures: 0, avoidUntilMs: 0 }
}

/** Long enough for a neighbour to take over, short enough that a restart is noticed. */
const avoidBaseMs = 250
const avoidMaxMs = 10_000

/** 250 ms after the first error, doubling to 10 s. */
export function noteFailure(standing: Standing, nowMs: number): void {
  standing.avoidUntilMs = nowMs + Math.min(avoidMaxMs, avoidBaseMs * 2 ** Math.min(standing.failures, 16))
  standing.failures += 1
}

export function noteSuccess(standing: Standing, load: number, nowMs: number): void {
  standing.failures = 0
  standing.avoidUntilMs = 0
  standing.load = load
  standing.loadAtMs = nowMs
}

/** What was heard fades, so that a member that was busy once is tried again. */
const loadHalfLifeMs = 2_000

/** Lower is better: what it has to do for us already, stretched by how little it has left. */
export function cost({ inFlight, load, loadAtMs }: Standing, nowMs: number): number {
  const faded = load * 2 ** ((loadAtMs - nowMs) / loadHalfLifeMs)
  return (inFlight + 1) / Math.max(0.05, 1 - faded)
}

interface Tier<C> {
  readonly candidates: readonly C[]
  /** By weight. */
  readonly drawIndex: (random: () => number) => number
}

export type BalancePlan<C> = readonly Tier<C>[]

export function planBalance<C extends Candidate>(candidates: readonly C[], zone: string): BalancePlan<C> {
  const usable = candidates.filter(({ member: { status } }) => status === 'passing' || status === 'warning')
  const isNear = ({ member }: C) => zone === '' || member.zone === zone
  const alive = usable.filter(({ member }) => member.state === 'alive')
  const passing = alive.filter(({ member }) => member.status === 'passing')
  const groups = [
    passing.filter(isNear),
    passing.filter((candidate) => !isNear(candidate)),
    alive.filter(({ member }) => member.status === 'warning'),
    usable.filter(({ member }) => member.state === 'suspect'),
  ]
  // Weight 0 is for when nobody else of its kind is left.
  return groups
    .flatMap((group) => [
      group.filter(({ member }) => member.weight > 0),
      group.filter(({ member }) => member.weight === 0),
    ])
    .filter((group) => group.length > 0)
    .map((group) => ({ candidates: group, drawIndex: planWeightedDraw(group.map(({ member }) => member.weight)) }))
}

export interface Draw {
  readonly balance: Balance
  readonly random: () => number
  readonly nowMs: number
  /** Asked already for this request. */
  readonly tried: ReadonlySet<Standing> | undefined
}

/** Undefined where everyone has been tried, or nobody is there. */
export function draw<C extends Candidate>(plan: BalancePlan<C>, options: Draw): C | undefined {
  const { balance, nowMs, tried } = options
  for (const canWait of [true, false]) {
    const accepts = (candidate: C) =>
      !tried?.has(candidate.standing) && (!canWait || candidate.standing.avoidUntilMs <= nowMs)
    for (const tier of plan) {
      const first = drawFrom(tier, options, accepts)
      if (!first || balance === 'random') {
        if (first) return first
        continue
      }
      const second = drawFrom(tier, options, accepts)
      return second && cost(second.standing, nowMs) < cost(first.standing, nowMs) ? second : first
    }
  }
  return undefined
}

/** Draws before everyone is looked at: most draws hit somebody who may be asked. */
const drawAttempts = 4

function drawFrom<C>(tier: Tier<C>, { random }: Draw, accepts: (candidate: C) => boolean): C | undefined {
  const { candidates, drawIndex } = tier
  for (let attempt = 0; attempt < drawAttempts; attempt += 1) {
    const candidate = candidates[drawIndex(random)]
    if (candidate && accepts(candidate)) return candidate
  }
  const startAt = Math.floor(random() * candidates.length)
  for (let i = 0; i < candidates.length; i += 1) {
    const candidate = candidates[(startAt + i) % candidates.length]
    if (candidate && accepts(candidate)) return candidate
  }
  return undefined
}
