// What is counted, per cluster and per peer. Only reasons that occurred are present.

import type { LatencySummary } from './histogram.ts'
import { Histogram } from './histogram.ts'

export interface TrafficCounts {
  /** Requests, questions, broadcasts and events that went out. */
  readonly sent: number
  /** Those that came in, and replies. */
  readonly received: number
  /** By reason: `expired`, `busy`, `late`, `not-here`, `not-allowed`, `queue-full`, `slow`, `unreachable`, `malformed`, `handler-failed`, … */
  readonly dropped: Readonly<Record<string, number>>
  /** Own requests and questions without an answer so far. */
  readonly inFlight: number
  /** Of the own requests and questions that were answered. */
  readonly latency: LatencySummary
}

export class Traffic {
  sent = 0
  received = 0
  inFlight = 0
  readonly latency = new Histogram()
  readonly #dropped = new Map<string, number>()

  drop(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1)
  }

  counts(): TrafficCounts {
    const { sent, received, inFlight } = this
    return { sent, received, dropped: Object.fromEntries(this.#dropped), inFlight, latency: this.latency.summary() }
  }
}
