// What a receiver does: counts, and keeps how late each message was in an array, which costs it nothing while it measures.

import type { Heard, Hearing, OnMessage } from '../peers/messaging/peer.ts'
import type { Percentiles } from './percentiles.ts'
import { readPercentiles } from './percentiles.ts'

/** Looks at the clock with one message in so many. */
const sampleEvery = 16

export interface MessageListener {
  readonly onMessage: OnMessage
  reset(hearing: Hearing): void
  report(): Heard
  percentiles(): Percentiles
}

export function createListener(nowMs: () => number): MessageListener {
  let [count, firstAtMs, lastAtMs, countAtLast, skip] = [0, 0, 0, 0, 0]
  let latenciesMs = new Float64Array(0)
  return {
    onMessage(body) {
      count += 1
      if (count === 1) firstAtMs = nowMs()
      else if (latenciesMs.length > 0 || count % sampleEvery === 0) {
        lastAtMs = nowMs()
        countAtLast = count
      }
      if (latenciesMs.length === 0 || count <= skip) return
      latenciesMs[count - skip - 1] = lastAtMs - readIntendedMs(body)
    },
    reset(hearing) {
      count = countAtLast = 0
      skip = Math.max(1, hearing.skip)
      latenciesMs = new Float64Array(hearing.keep)
    },
    report: () => ({ count, rate: countAtLast === 0 ? 0 : ((countAtLast - 1) * 1_000) / (lastAtMs - firstAtMs) }),
    percentiles: () => readPercentiles(latenciesMs.subarray(0, Math.max(0, count - skip))),
  }
}

function readIntendedMs(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset, 8).getFloat64(0, true)
}
