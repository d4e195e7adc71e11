// A tree of two levels: relays that each ask their own instances, and answer the daemon's question for all of them. Some relays are
// simulated in full; the others are like them, and only answer.

import type { SurveyCosts } from './costs.ts'
import type { Network } from './network.ts'
import type { Respondents, SentAnswer } from './respondents.ts'
import type { StandingChange } from './standing.ts'
import type { World } from './world.ts'
import { Asker } from './asker.ts'
import { Processor } from './processor.ts'
import { Instances } from './respondents.ts'

export interface RelaysOptions {
  readonly world: World
  readonly network: Network
  readonly costs: SurveyCosts
  readonly instances: number
  /** Of each relay. */
  readonly perRelay: number
  /** `lines`: everyone in every answer. `changes`: what has changed since the last answer. */
  readonly says: 'lines' | 'changes'
  /** Relays simulated in full. */
  readonly sampled: number
  /** Changes of an instance in an hour, beside those that are simulated. */
  readonly changesPerHour: number
  readonly perCore: number
  readonly silenceRate: number
  readonly bytesPerMs: number
  readonly intervalMs: number
  readonly random: () => number
  readonly onChange: (relay: number, index: number, change: StandingChange, nowMs: number) => void
}

export interface FullRelay {
  readonly instances: Instances
  readonly asker: Asker
  readonly core: Processor
}

export class Relays implements Respondents {
  readonly count: number
  readonly full: readonly FullRelay[]
  readonly #options: RelaysOptions
  readonly #cores: readonly Processor[]
  readonly #lastSentMs: Float64Array
  /** Simulated changes that the next answer tells. */
  readonly #untold: Uint32Array

  constructor(options: RelaysOptions) {
    const { instances, perRelay, sampled, random } = options
    this.#options = options
    this.count = Math.ceil(instances / perRelay)
    this.#lastSentMs = new Float64Array(this.count)
    this.#untold = new Uint32Array(this.count)
    this.full = Array.from({ length: Math.min(sampled, this.count) }, (_, relay) => this.#openFull(relay))
    this.#cores = Array.from({ length: this.count }, (_, relay) => this.full[relay]?.core ?? new Processor())
    // They have been there for long.
    this.#lastSentMs.forEach((_, relay) => (this.#lastSentMs[relay] = -random() * options.intervalMs))
  }

  isLiving(): boolean {
    return true
  }

  answer(relay: number, nowMs: number): SentAnswer {
    const { costs, says, perRelay, changesPerHour } = this.#options
    const sinceMs = nowMs - (this.#lastSentMs[relay] ?? 0)
    const changes = Math.round((perRelay * changesPerHour * sinceMs) / 3_600_000) + (this.#untold[relay] ?? 0)
    const lines = says === 'lines' ? perRelay : Math.max(1, changes)
    this.#lastSentMs[relay] = nowMs
    this.#untold[relay] = 0
    const costMs = (costs.respondentUs + (lines - 1) * costs.respondentLineUs) / 1_000
    return { atMs: this.#cores[relay]?.run(nowMs, costMs) ?? nowMs, lines }
  }

  #openFull(relay: number): FullRelay {
    const { onChange, perRelay: count, intervalMs, ...options } = this.#options
    const core = new Processor()
    const instances = new Instances({ ...options, count })
    const asker = new Asker({
      ...options,
      respondents: instances,
      core,
      startsAtMs: options.random() * intervalMs,
      intervalMs,
      onChange: (index, change, nowMs) => {
        this.#untold[relay] = (this.#untold[relay] ?? 0) + 1
        onChange(relay, index, change, nowMs)
      },
    })
    return { instances, asker, core }
  }
}
