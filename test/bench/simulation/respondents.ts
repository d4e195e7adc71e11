// Those who are asked: instances on hosts, some of which hang or are killed at a moment that the model decides.

import type { SurveyCosts } from './costs.ts'
import { Processor } from './processor.ts'

/** An answer that has been sent. */
export interface SentAnswer {
  readonly atMs: number
  readonly lines: number
}

export interface Respondents {
  readonly count: number
  /** A question has come; undefined when nobody answers it. */
  answer(index: number, nowMs: number): SentAnswer | undefined
  /** It answers now. */
  isLiving(index: number, nowMs: number): boolean
}

export interface InstancesOptions {
  readonly count: number
  readonly costs: SurveyCosts
  /** Instances that share a core. */
  readonly perCore: number
  /** Share of the questions that come to nothing, each by itself: as over datagrams, or with a program that is too busy. */
  readonly silenceRate?: number
  readonly random: () => number
}

export class Instances implements Respondents {
  readonly count: number
  readonly #hosts: readonly Processor[]
  readonly #options: InstancesOptions
  readonly #endsAtMs: Float64Array

  constructor(options: InstancesOptions) {
    this.count = options.count
    this.#options = options
    this.#hosts = Array.from({ length: Math.ceil(options.count / options.perCore) }, () => new Processor())
    this.#endsAtMs = new Float64Array(options.count).fill(Infinity)
  }

  /** Of all hosts. */
  get busyMs(): number {
    return this.#hosts.reduce((total, { busyMs }) => total + busyMs, 0)
  }

  /** From then on it answers nothing. */
  endAt(index: number, atMs: number): void {
    this.#endsAtMs[index] = atMs
  }

  isLiving(index: number, nowMs: number): boolean {
    return nowMs < (this.#endsAtMs[index] ?? 0)
  }

  answer(index: number, nowMs: number): SentAnswer | undefined {
    const { costs, silenceRate = 0, random } = this.#options
    if (!this.isLiving(index, nowMs)) return undefined
    if (silenceRate > 0 && random() < silenceRate) return undefined
    const host = this.#hosts[index % this.#hosts.length]
    return { atMs: host?.run(nowMs, costs.respondentUs / 1_000) ?? nowMs, lines: 1 }
  }
}
