// What a sender does: messages as fast as they are taken, or at a fixed rate. At a rate, each message bears when it was meant to be sent, whenever it
// is: a peer that stalls is held to what it kept waiting (no coordinated omission). Time and rest are arguments.

import type { Load, Send } from '../peers/messaging/peer.ts'
import { setImmediate as turn } from 'node:timers/promises'

/** Between two looks at the clock. */
const burst = 16

/** Gives how many were sent. */
export async function sendFlatOut(send: Send, { sizes, durationMs }: Load, nowMs: () => number): Promise<number> {
  const bodies = sizes.map((bytes) => Buffer.alloc(bytes, 'x'))
  const endsAtMs = nowMs() + durationMs
  let sent = 0
  while (nowMs() < endsAtMs)
    for (const end = sent + burst; sent < end; sent += 1) {
      const body = bodies[sent % bodies.length]
      const wait = body && send(body)
      if (wait) await wait
    }
  return sent
}

/** Whoever is so much later than the end is not waited for any longer. */
const patience = 1.5

export interface Pace {
  readonly nowMs: () => number
  /** Lets others have their turn, for so long at most. */
  readonly rest: (untilDueMs: number) => Promise<unknown>
}

/** Gives how many were sent: fewer than due where the peer does not take them at that rate. */
export async function sendPaced(send: Send, load: Load & { readonly rate: number }, pace: Pace): Promise<number> {
  const { nowMs, rest } = pace
  const [bytes = 8] = load.sizes
  const total = Math.round((load.rate * load.durationMs) / 1_000)
  const gapMs = 1_000 / load.rate
  const startedAtMs = nowMs()
  const givesUpAtMs = startedAtMs + load.durationMs * patience
  let sent = 0
  while (sent < total) {
    const due = Math.min(total, Math.floor((nowMs() - startedAtMs) / gapMs) + 1)
    for (; sent < due; sent += 1) {
      const body = Buffer.allocUnsafe(bytes)
      body.writeDoubleLE(startedAtMs + sent * gapMs)
      const wait = send(body)
      if (!wait) continue
      await wait
      if (nowMs() > givesUpAtMs) return sent
    }
    if (nowMs() > givesUpAtMs) return sent
    await rest(startedAtMs + sent * gapMs - nowMs())
  }
  return sent
}

/** A timer of Node is too coarse: one turn after the other, and for what is further away the thread sleeps a little between them. */
const spinMs = 0.15
const sliceMs = 0.2
const cell = new Int32Array(new SharedArrayBuffer(4))

export async function restUntilDue(untilDueMs: number): Promise<void> {
  await turn()
  if (untilDueMs <= spinMs) return
  // Whatever the client has put off.
  await turn()
  await turn()
  Atomics.wait(cell, 0, 0, Math.min(untilDueMs - spinMs, sliceMs))
}
