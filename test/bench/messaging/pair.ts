// Two ends of a system, in two processes, and what is measured between them. What did not come through in time would stand in the way of the next
// run: then both are ended, and opened anew.

import type { End, Heard, Load, Peer, Role, StartedPeer } from '../peers/messaging/peer.ts'
import type { Percentiles } from './percentiles.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { openNodeEnd } from './node-end.ts'

export interface Flow extends Heard {
  readonly sent: number
}

export interface Pair {
  /** From the second end to the first. */
  oneWay(load: Load): Promise<Flow>
  /** Both at once. */
  bothWays(load: Load): Promise<readonly Flow[]>
  /** At a rate, after a warm-up of a part of the load. */
  paced(load: Load & { readonly rate: number }): Promise<Flow & { readonly percentiles: Percentiles }>
  /** From the first end to so many subscribers at the second; what they heard together. */
  fanOut(load: Load, subscribers: number): Promise<Flow>
  request(durationMs: number, inFlight: number): Promise<{ readonly rate: number; readonly percentiles: Percentiles }>
  close(): Promise<void>
}

/** Nothing came for so long: it is lost. */
const lostAfterMs = 1_000
/** How much longer than it was sent it may take to come through. */
const patience = 4
const pollEveryMs = 20
const hangsAfterMs = 5_000
/** The first part of what is sent at a rate is not kept. */
const warmUpShare = 0.2

const nothingKept = { skip: 0, keep: 0 }

interface Ends {
  readonly both: readonly [End, End]
  /** Where what has been opened is. */
  readonly opened: Map<string, string>
}

/** `profiles`: a folder for CPU profiles, where the ends are Node's. */
export function createPair(peer: Peer, { server, openEnd }: StartedPeer, profiles?: string): Pair {
  const open = openEnd ?? (() => openNodeEnd(peer.name, server, profiles))
  let ends: Ends | undefined
  let isStale = false

  async function useEnds(): Promise<Ends> {
    ends ??= { both: [await open(), await open()], opened: new Map() }
    return ends
  }

  /** Once: the one with the address at one end, the one that is told it at the other. */
  async function connect(first: Role, second: Role, at: 0 | 1, count = 1): Promise<void> {
    const { both, opened } = await useEnds()
    const key = `${first} ${at} ${count}`
    if (opened.has(key)) return
    const address = await both[at].open(first)
    await both[at === 0 ? 1 : 0].open(second, address, count)
    opened.set(key, address)
    // Whoever has to be told of a subscriber, or dials in the background, has heard of it by then.
    await delay(100)
  }

  async function close(): Promise<void> {
    const closing = ends
    ends = undefined
    isStale = false
    await Promise.all(closing?.both.map((end) => end.close()) ?? [])
  }

  /** Whatever is left is lost, or too late. */
  async function hearAll(receiver: End, expected: number, { durationMs }: Load): Promise<Heard> {
    const givesUpAtMs = performance.now() + durationMs * patience
    let [before, movedAtMs] = [-1, performance.now()]
    for (;;) {
      const heard = await receiver.report()
      const nowMs = performance.now()
      if (heard.count !== before) [before, movedAtMs] = [heard.count, nowMs]
      if (heard.count >= expected) return heard
      if (nowMs - movedAtMs > lostAfterMs || nowMs > givesUpAtMs) {
        isStale = true
        return heard
      }
      await delay(pollEveryMs)
    }
  }

  /** Whoever hangs fails. */
  async function run<Outcome>(durationMs: number, measure: () => Promise<Outcome>): Promise<Outcome> {
    const over = new AbortController()
    const withinMs = hangsAfterMs + 2 * patience * durationMs
    const late = delay(withinMs, undefined, { signal: over.signal }).then(() => {
      throw new Error(`hung: not done within ${withinMs / 1_000} s`)
    })
    late.catch(() => {})
    try {
      const outcome = await Promise.race([measure(), late])
      if (isStale) await close()
      return outcome
    } catch (error) {
      await close()
      throw error
    } finally {
      over.abort()
    }
  }

  return {
    close,
    oneWay: (load) =>
      run(load.durationMs, async () => {
        await connect('receiver', 'sender', 0)
        const [receiver, sender] = (await useEnds()).both
        await receiver.reset(nothingKept)
        const sent = await sender.send('sender', load)
        return { sent, ...(await hearAll(receiver, sent, load)) }
      }),
    bothWays: (load) =>
      run(load.durationMs, async () => {
        await connect('receiver', 'sender', 0)
        await connect('receiver', 'sender', 1)
        const { both } = await useEnds()
        for (const end of both) await end.reset(nothingKept)
        const [toSecond = 0, toFirst = 0] = await Promise.all(both.map((end) => end.send('sender', load)))
        const flow = async (end: End, sent: number) => ({ sent, ...(await hearAll(end, sent, load)) })
        return Promise.all([flow(both[0], toFirst), flow(both[1], toSecond)])
      }),
    paced: (load) =>
      run(load.durationMs, async () => {
        await connect('receiver', 'sender', 0)
        const total = Math.round((load.rate * load.durationMs) / 1_000)
        const skip = Math.round(total * warmUpShare)
        const [receiver, sender] = (await useEnds()).both
        await receiver.reset({ skip, keep: total - skip })
        const sent = await sender.send('sender', load)
        const flow = await hearAll(receiver, sent, load)
        return { sent, ...flow, percentiles: flow.count < total ? {} : await receiver.percentiles() }
      }),
    fanOut: (load, subscribers) =>
      run(load.durationMs, async () => {
        await connect('publisher', 'subscribers', 0, subscribers)
        const [publisher, hearing] = (await useEnds()).both
        await hearing.reset(nothingKept)
        const sent = (await publisher.send('publisher', load)) * subscribers
        return { sent, ...(await hearAll(hearing, sent, load)) }
      }),
    request: (durationMs, inFlight) =>
      run(durationMs, async () => {
        await connect('replier', 'requester', 0, inFlight)
        const [, requester] = (await useEnds()).both
        return requester.request(durationMs, inFlight)
      }),
  }
}
