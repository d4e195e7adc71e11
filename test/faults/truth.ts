// What was so, by what was done: which instance could answer which daemon when, and which surely did. Derived from the lives and the faults
// of a history alone, never from what a daemon said. Between "it is being done" and "it is done" nothing is sure, and nobody is blamed.

import type { FaultKind, FaultRecord, History, LifeRecord, RunSettings, StallRecord } from './history.ts'
import type { Span, Spans } from './spans.ts'
import { groupBy } from './group-by.ts'
import { runOf } from './history.ts'
import { covers, joinSpans, lastMomentMs, measure, subtractSpans, touches } from './spans.ts'

export interface KnownProvider {
  readonly service: string
  readonly id: string
  readonly address: string
  readonly host: string
}

/** What a fault does to the answers of the hosts that it is done to. `BRIEF` costs one of them. */
const effects: Readonly<Record<FaultKind, 'SILENT' | 'IMPAIRED' | 'BRIEF' | 'NONE'>> = Object.freeze({
  // The life of the host says it.
  kill: 'NONE',
  'daemon-restart': 'NONE',
  'engine-restart': 'NONE',
  pause: 'SILENT',
  disconnect: 'SILENT',
  'one-way': 'SILENT',
  loss: 'IMPAIRED',
  delay: 'IMPAIRED',
  'lost-answer': 'BRIEF',
  'clock-step': 'NONE',
  'duplicate-id': 'NONE',
  thundering: 'NONE',
  'slow-reader': 'NONE',
  'forged-answer': 'NONE',
})

/** What can be said of the answers of one instance to one daemon. */
interface Pair {
  /** It may have answered: all that is not known to have kept it from that. */
  readonly mayAnswer: Spans
  /** It surely could: up, and nothing done to it, nor shortly before. */
  readonly fine: Spans
  /** The same, and not one answer was taken from it. */
  readonly calm: Spans
  /** Something may have been between them. */
  readonly impaired: Spans
}

export interface DaemonTruth {
  readonly host: string
  /** It surely runs: started, and not stopped or paused. */
  readonly running: Spans
  /** It surely does not run, though it has not ended. */
  readonly paused: Spans
  /** It may be paused. */
  readonly mayBePaused: Spans
  /** It may be up. */
  readonly mayBeUp: Spans
}

/** Of whoever asks, and so of anybody: an instance may have missed a whole question meanwhile. */
const longStallMs = 1_000

export class Truth {
  readonly providers: readonly KnownProvider[]
  readonly daemons: readonly DaemonTruth[]
  readonly faults: readonly FaultRecord[]
  readonly #byAddress: ReadonlyMap<string, readonly KnownProvider[]>
  readonly #byService: ReadonlyMap<string, readonly KnownProvider[]>
  readonly #daemonsByHost = new Map<string, DaemonTruth>()
  readonly #pairs = new Map<string, Pair>()
  readonly #lives: ReadonlyMap<string, readonly LifeRecord[]>
  readonly #settings: RunSettings
  readonly #disturbed: Spans
  readonly #stalls: readonly StallRecord[]

  constructor(history: History) {
    this.#settings = runOf(history).settings
    this.#stalls = history.filter((record) => record.type === 'stall')
    this.faults = history.filter((record) => record.type === 'fault')
    const disturbing = this.faults.filter(({ kind }) => effects[kind] !== 'NONE')
    this.#disturbed = joinSpans(readFaults(disturbing, 'beginning', 'ended'))
    const providers = new Map<string, KnownProvider>()
    const daemonHosts = new Set<string>()
    const lives = history.filter((record) => record.type === 'life')
    this.#lives = groupBy(lives, ({ host }) => host)
    for (const { host, provider } of lives) {
      if (provider) providers.set(`${provider.service} ${provider.address}`, { ...provider, host })
      else daemonHosts.add(host)
    }
    this.providers = [...providers.values()]
    this.#byAddress = groupBy(this.providers, ({ address }) => address)
    this.#byService = groupBy(this.providers, ({ service }) => service)
    this.daemons = [...daemonHosts].map((host) => this.#readDaemon(host))
    for (const daemon of this.daemons) this.#daemonsByHost.set(daemon.host, daemon)
  }

  /** All that were ever on the roll, or were to be. */
  of(service: string): readonly KnownProvider[] {
    return this.#byService.get(service) ?? []
  }

  find(service: string, address: string): KnownProvider | undefined {
    return this.#byAddress.get(address)?.find((provider) => provider.service === service)
  }

  daemon(host: string): DaemonTruth | undefined {
    return this.#daemonsByHost.get(host)
  }

  /** It surely could answer this daemon, all the time. */
  isFine(provider: KnownProvider, daemon: string, fromMs: number, toMs: number): boolean {
    return covers(this.#pair(provider, daemon).fine, fromMs, toMs)
  }

  /** The same, and every answer came. */
  isCalm(provider: KnownProvider, daemon: string, fromMs: number, toMs: number): boolean {
    return covers(this.#pair(provider, daemon).calm, fromMs, toMs)
  }

  wasImpaired(provider: KnownProvider, daemon: string, fromMs: number, toMs: number): boolean {
    return touches(this.#pair(provider, daemon).impaired, fromMs, toMs)
  }

  /** The last moment at which it may have answered this daemon. */
  lastMayAnswerMs(provider: KnownProvider, daemon: string, atMs: number): number | undefined {
    return lastMomentMs(this.#pair(provider, daemon).mayAnswer, atMs)
  }

  /** How long it may not have been fine. */
  disturbedMs(provider: KnownProvider, daemon: string, fromMs: number, toMs: number): number {
    return toMs - fromMs - measure(this.#pair(provider, daemon).fine, fromMs, toMs)
  }

  /** It surely ended in this time, or may have. */
  mayHaveEnded(provider: KnownProvider, fromMs: number, toMs: number): boolean {
    return !covers(this.#mayBe(provider.host).surely, fromMs, toMs)
  }

  /** Times of which a daemon cannot be asked to have used them: its own stalls, everybody's, and the rounds that they were in. */
  stalls(daemon: string): Spans {
    const { intervalMs, deadlineMs } = this.#settings
    const ofDaemon = this.#stalls.filter((stall) => stall.daemon === undefined || stall.daemon === daemon)
    return joinSpans(ofDaemon.map(({ fromMs, atMs }) => ({ fromMs, toMs: atMs + intervalMs + deadlineMs })))
  }

  /** When everybody was held up for long. */
  longStalls(): Spans {
    return joinSpans(this.#stallsOfAll(longStallMs))
  }

  /** A fault that takes answers from anybody, or a daemon's time, is open. */
  isDisturbed(atMs: number): boolean {
    return touches(this.#disturbed, atMs, atMs)
  }

  /** How its last life before this moment ended, and when. */
  endOf(provider: KnownProvider, atMs: number): { readonly atMs: number; readonly how: 'killed' | 'left' } | undefined {
    const end = this.#lives.get(provider.host)?.findLast((record) => record.is === 'stopping' && record.atMs <= atMs)
    return end && { atMs: end.atMs, how: end.how ?? 'killed' }
  }

  #stallsOfAll(leastMs: number): readonly Span[] {
    const ofAll = this.#stalls.filter((stall) => stall.daemon === undefined && stall.atMs - stall.fromMs >= leastMs)
    return ofAll.map(({ fromMs, atMs }) => ({ fromMs, toMs: atMs + this.#settings.recoverMs }))
  }

  #mayBe(host: string): { readonly may: Spans; readonly surely: Spans } {
    const lives = this.#lives.get(host) ?? []
    return { may: readSpans(lives, 'starting', 'down'), surely: readSpans(lives, 'up', 'stopping') }
  }

  #readDaemon(host: string): DaemonTruth {
    const pauses = this.faults.filter(({ kind, hosts }) => kind === 'pause' && hosts.includes(host))
    const { may, surely } = this.#mayBe(host)
    const mayBePaused = joinSpans(readFaults(pauses, 'beginning', 'ended'))
    return {
      host,
      running: subtractSpans(surely, mayBePaused),
      paused: joinSpans(readFaults(pauses, 'begun', 'ending')),
      mayBePaused,
      mayBeUp: may,
    }
  }

  #pair(provider: KnownProvider, daemon: string): Pair {
    const key = `${provider.host} ${daemon}`
    let pair = this.#pairs.get(key)
    if (!pair) {
      pair = this.#readPair(provider.host, daemon)
      this.#pairs.set(key, pair)
    }
    return pair
  }

  #readPair(host: string, daemon: string): Pair {
    const between = this.faults.filter((fault) => isBetween(fault, host, daemon))
    const of = (effect: (typeof effects)[FaultKind]) => between.filter(({ kind }) => effects[kind] === effect)
    const { may, surely } = this.#mayBe(host)
    const felt = (records: readonly FaultRecord[]) => this.#readFelt(records)
    const silent = joinSpans(readFaults(of('SILENT'), 'begun', 'ending'))
    const disturbed = [...felt([...of('SILENT'), ...of('IMPAIRED')]), ...this.#stallsOfAll(longStallMs)]
    return {
      mayAnswer: subtractSpans(may, silent),
      fine: subtractSpans(surely, joinSpans(disturbed)),
      calm: subtractSpans(surely, joinSpans([...disturbed, ...felt(of('BRIEF')), ...this.#stallsOfAll(0)])),
      impaired: joinSpans(felt(of('IMPAIRED'))),
    }
  }

  /** From its beginning until all that it did is over. */
  #readFelt(records: readonly FaultRecord[]): readonly Span[] {
    const { recoverMs, redialMs } = this.#settings
    const isCutOff = ({ kind }: FaultRecord) => kind === 'disconnect'
    const later = (byMs: number) => (span: Span) => ({ ...span, toMs: span.toMs + byMs })
    return [
      ...readFaults(records.filter(isCutOff), 'beginning', 'ended').map(later(redialMs)),
      ...readFaults(
        records.filter((record) => !isCutOff(record)),
        'beginning',
        'ended',
      ).map(later(recoverMs)),
    ]
  }
}

/** A paused daemon says nothing of those whom it asks; what it does once it goes on is its own. */
function isBetween({ kind, hosts }: FaultRecord, host: string, daemon: string): boolean {
  if (kind === 'one-way' || kind === 'lost-answer') return hosts.includes(host) && hosts.includes(daemon)
  return hosts.includes(host) || (kind !== 'pause' && hosts.includes(daemon))
}

function readSpans(records: readonly LifeRecord[], from: LifeRecord['is'], to: LifeRecord['is']): Spans {
  const spans: Span[] = []
  let fromMs: number | undefined
  for (const record of records) {
    if (record.is === from) fromMs ??= record.atMs
    if (record.is !== to || fromMs === undefined) continue
    spans.push({ fromMs, toMs: record.atMs })
    fromMs = undefined
  }
  if (fromMs !== undefined) spans.push({ fromMs, toMs: Infinity })
  // One that ended and began in the same moment was still another life.
  return spans
}

/** Of each fault one span; one that has not ended when the run does goes on for ever. */
function readFaults(
  records: readonly FaultRecord[],
  from: FaultRecord['phase'],
  to: FaultRecord['phase'],
): readonly Span[] {
  const spans = new Map<number, { fromMs: number; toMs: number }>()
  for (const { fault, phase, atMs } of records) {
    if (phase === from) spans.set(fault, { fromMs: atMs, toMs: Infinity })
    const span = spans.get(fault)
    if (phase === to && span) span.toMs = atMs
  }
  return [...spans.values()]
}
