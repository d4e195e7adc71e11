// What several promises ask of a history: its truth, its bounds, and how far a daemon may lag behind the truth. Pure.

import type { Bounds } from '../bounds.ts'
import type { History, LookupRecord, RunSettings } from '../history.ts'
import type { Spans } from '../spans.ts'
import type { KnownProvider } from '../truth.ts'
import { boundsOf } from '../bounds.ts'
import { groupBy } from '../group-by.ts'
import { runOf } from '../history.ts'
import { covers, joinSpans, measure, touches } from '../spans.ts'
import { Truth } from '../truth.ts'

/** A follower keeps to what a daemon told until it knows that this one is gone or hangs: its question is held for 10 s, and waited for 15. */
const followerMs = 16_000

/** How much later than a daemon whoever asks may know what it knows. */
export function followerLagMs({ daemon }: Pick<LookupRecord, 'daemon'>): number {
  return daemon === undefined ? followerMs : 0
}

export class Judge {
  readonly history: History
  readonly settings: RunSettings
  readonly bounds: Bounds
  readonly truth: Truth
  /** When each daemon was seen frozen, in order. */
  readonly #frozen: ReadonlyMap<string, readonly { readonly atMs: number }[]>
  /** Of each daemon: when it slept, or was held up. */
  readonly #idle = new Map<string, Spans>()
  readonly #longStalls: Spans

  private constructor(history: History) {
    this.history = history
    this.settings = runOf(history).settings
    this.truth = new Truth(history)
    this.bounds = boundsOf(this.settings, this.truth.providers.length)
    const told = history.filter((record) => record.type === 'health' || record.type === 'lookup')
    this.#frozen = groupBy(
      told.filter(({ isFrozen }) => isFrozen),
      ({ daemon = '' }) => daemon,
    )
    for (const { host, mayBePaused } of this.truth.daemons)
      this.#idle.set(host, joinSpans([...mayBePaused, ...this.truth.stalls(host)]))
    this.#longStalls = this.truth.longStalls()
  }

  /** One for each history, however many promises ask. */
  static of(history: History): Judge {
    let judge = judges.get(history)
    if (!judge) {
      judge = new Judge(history)
      judges.set(history, judge)
    }
    return judge
  }

  lookups(): readonly LookupRecord[] {
    return this.history.filter((record) => record.type === 'lookup')
  }

  /** The daemons that an answer may rest on. */
  daemonsOf({ daemon }: { readonly daemon?: string }): readonly string[] {
    return daemon === undefined ? this.truth.daemons.map(({ host }) => host) : [daemon]
  }

  wasFrozen(daemon: string, fromMs: number, toMs: number): boolean {
    const seen = this.#frozen.get(daemon) ?? []
    const first = seen[firstAtOrAfter(seen, fromMs)]
    return first !== undefined && first.atMs <= toMs
  }

  /** The daemon surely ran all the time, and this instance could have answered it. */
  wasKnown(provider: KnownProvider, daemon: string, fromMs: number, toMs: number): boolean {
    const { settleMs } = this.settings
    const isRunning = covers(this.truth.daemon(daemon)?.running ?? [], fromMs - settleMs, toMs)
    return isRunning && this.truth.isFine(provider, daemon, fromMs - settleMs, toMs)
  }

  /** How long this daemon has had to find out that this instance does not answer: the time that it slept, or was held up, is not counted. */
  silentForMs(provider: KnownProvider, daemon: string, atMs: number): number {
    const lastMs = this.truth.lastMayAnswerMs(provider, daemon, atMs)
    if (lastMs === undefined) return Infinity
    return atMs - lastMs - measure(this.#idle.get(daemon) ?? [], lastMs, atMs)
  }

  /** What may be added to a bound that began with the last answer. */
  allowanceMs(provider: KnownProvider, daemon: string, atMs: number): number {
    const { deadlineMs, impairedMs } = this.settings
    const lastMs = this.truth.lastMayAnswerMs(provider, daemon, atMs) ?? atMs
    const pauses = this.truth.daemon(daemon)?.mayBePaused ?? []
    // The round in which it slept is held against nobody.
    const wasPaused = touches(pauses, lastMs - this.bounds.roundMs, atMs)
    const wasImpaired = this.truth.wasImpaired(provider, daemon, lastMs - impairedMs, atMs)
    return (wasPaused ? this.bounds.roundMs + deadlineMs : 0) + (wasImpaired ? impairedMs : 0)
  }

  /** It may still be on the roll of this daemon, or on the list of somebody who may learn of a change so much later. */
  mayBeListed(provider: KnownProvider, daemon: string, atMs: number, laterMs = 0): boolean {
    const silentMs = this.silentForMs(provider, daemon, atMs) - laterMs
    if (silentMs <= this.bounds.goneMs + this.allowanceMs(provider, daemon, atMs)) return true
    // Whoever dies after a freeze waits for those whom it protected: a share of the roll goes in each round.
    return this.wasFrozen(daemon, atMs - laterMs - this.bounds.thawMs, atMs)
  }

  /** Nothing was done to anybody for so long that all of it is over, and no fault is open. */
  isQuiet(fromMs: number, toMs: number): boolean {
    const sinceMs = fromMs - this.settings.settleMs - this.settings.redialMs
    if (this.truth.daemons.some(({ host }) => this.wasFrozen(host, sinceMs - this.bounds.thawMs, toMs))) return false
    if (touches(this.#longStalls, sinceMs, toMs)) return false
    const marks = this.#marks()
    const next = marks[firstAtOrAfter(marks, sinceMs)]
    return (next === undefined || next.atMs > toMs) && !this.truth.isDisturbed(fromMs)
  }

  #marksCache: readonly { readonly atMs: number }[] | undefined

  #marks(): readonly { readonly atMs: number }[] {
    this.#marksCache ??= this.history.filter((record) => record.type === 'life' || record.type === 'fault')
    return this.#marksCache
  }
}

/** Index of the first of a list in order of time that is not before this moment. */
function firstAtOrAfter(list: readonly { readonly atMs: number }[], atMs: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle]?.atMs ?? Infinity) < atMs) low = middle + 1
    else high = middle
  }
  return low
}

const judges = new WeakMap<History, Judge>()
