// One fleet, simulated: what its surveys cost, how soon who hangs or is killed is found out, and who is thought dead and lives. The same
// seed gives the same figures.

import type { SurveyCosts } from './costs.ts'
import type { NetworkOptions } from './network.ts'
import { measuredCosts } from './costs.ts'
import { Findings } from './findings.ts'
import { openFleet } from './fleet.ts'
import { createRandom } from '../../fixtures/random.ts'
import { createNetwork } from './network.ts'
import { World } from './world.ts'

/** Who asks whom. `flat`: daemons ask every instance, each for itself. The others are trees of two levels, as relays.ts has them. */
export type Shape =
  | { readonly kind: 'flat'; readonly daemons: number }
  | { readonly kind: 'lines' | 'changes'; readonly perRelay: number }

export interface Scene {
  readonly shape: Shape
  readonly instances: number
  readonly network?: Partial<NetworkOptions>
  /** Share of the questions that come to nothing. */
  readonly silenceRate?: number
  /** Instances that share a core. */
  readonly perCore?: number
  readonly intervalMs?: number
  readonly costs?: SurveyCosts
  /** Rounds that are measured, at least. */
  readonly rounds?: number
  /** How many hang, and as many are killed. */
  readonly victims?: number
  readonly seed?: number
}

export interface Outcome {
  /** Of one daemon. */
  readonly cpuShare: number
  /** Of one relay; undefined without. */
  readonly relayCpuShare: number | undefined
  /** CPU of all instances, in cores; without relays. */
  readonly instanceCores: number
  /** Of one daemon, both ways: messages, and bytes on the wire. */
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  /** Of all daemons and relays. */
  readonly allMessagesPerSecond: number
  readonly roundsMs: readonly number[]
  /** How long the daemon does nothing else, at most. */
  readonly longestPauseMs: number
  readonly hungSuspectMs: readonly number[]
  readonly hungGoneMs: readonly number[]
  readonly killedSuspectMs: readonly number[]
  readonly falseSuspicions: number
  readonly falseRemovals: number
  /** How long living instances were observed, all together. */
  readonly observedHours: number
}

const sceneDefaults = Object.freeze({
  silenceRate: 0,
  perCore: 200,
  rounds: 3,
  victims: 0,
  seed: 1,
  intervalMs: 1_000,
  costs: measuredCosts,
})

/** Within a data centre. */
const networkDefaults: NetworkOptions = Object.freeze({ delayMs: 0.25, jitterMs: 0.1, lossRate: 0 })

/** A round may take long, and finding somebody out takes several: nobody waits longer for it. */
const mostRounds = 40

export type FullScene = Required<Scene>

export function simulate(given: Scene): Outcome {
  const scene: FullScene = { ...sceneDefaults, ...given, network: { ...networkDefaults, ...given.network } }
  const random = createRandom(scene.seed)
  const world = new World()
  const findings = new Findings()
  const network = createNetwork({ ...networkDefaults, ...scene.network }, random)
  const fleet = openFleet({ scene, world, network, random, findings })
  const [daemon] = fleet.daemons
  if (!daemon) throw new Error('a fleet without a daemon')

  let nowMs = 0
  const runUntil = (isSo: () => boolean, latestMs: number) => {
    while (!isSo() && nowMs < latestMs) {
      nowMs += scene.intervalMs / 4
      world.run(nowMs)
    }
  }
  runUntil(() => daemon.asker.counts.rounds >= 2, Infinity)
  const periodMs = daemon.asker.roundMs
  const before = fleet.look()
  const sinceMs = nowMs
  findings.begin()
  for (let i = 0; i < scene.victims * 2; i += 1) {
    const atMs = nowMs + random() * periodMs
    fleet.end(i, i % 2 === 0 ? 'hangs' : 'is killed', atMs)
  }
  const firstRound = daemon.asker.counts.rounds
  runUntil(
    () => daemon.asker.counts.rounds - firstRound >= scene.rounds && findings.found >= fleet.victims,
    nowMs + mostRounds * Math.max(scene.rounds, 1) * periodMs,
  )
  const after = fleet.look()
  const seconds = (nowMs - sinceMs) / 1_000
  const rate = (what: keyof typeof after) => (after[what] - before[what]) / seconds
  const { hungSuspectMs, hungGoneMs, killedSuspectMs, falseSuspicions, falseRemovals } = findings
  return {
    cpuShare: rate('cpuMs') / 1_000,
    relayCpuShare: fleet.hasRelays ? rate('relayCpuMs') / 1_000 : undefined,
    instanceCores: rate('instanceCpuMs') / 1_000,
    messagesPerSecond: rate('messages'),
    bytesPerSecond: rate('bytes'),
    allMessagesPerSecond: rate('allMessages'),
    roundsMs: daemon.asker.roundsMs.slice(firstRound),
    longestPauseMs: daemon.asker.longestPauseMs,
    hungSuspectMs,
    hungGoneMs,
    killedSuspectMs,
    falseSuspicions,
    falseRemovals,
    observedHours: (fleet.observed * seconds) / 3_600,
  }
}
