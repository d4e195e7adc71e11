// The state machine of every instance: alive, suspect, gone. Silence makes suspect with the first missed round and gone
// with the last; a closed pipe makes suspect at once and gone after a grace; an answer makes alive. What is gone is removed when
// the freeze allows it. DESIGN.md section 5. Pure.

import type { ChangeType } from './change-log.ts'
import type { RollEntry } from './roll-entry.ts'
import { createFreeze } from './freeze.ts'

/** A pipe that spoke for one program: its end is the program's end, or a reconnect of a moment. */
const graceMs = 500
/** A pipe that spoke for several: a watcher's restart is not the death of its containers. */
const speakerGraceMs = 3_000

/** How long an instance stays after its pipe is closed. */
export function graceAfterDetachMs(spokenFor: number): number {
  return spokenFor > 1 ? speakerGraceMs : graceMs
}

export interface LivenessHost {
  readonly misses: number
  readonly freezeMs: number
  changed(type: ChangeType, entry: RollEntry, nowMs: number): void
  /** To be taken off the roll. */
  gone(entry: RollEntry, nowMs: number): void
}

interface Grace {
  readonly entry: RollEntry
  /** No longer the entry's own when it came back meanwhile. */
  readonly endsAtMs: number
}

export class Liveness {
  readonly #host: LivenessHost
  readonly #freeze
  /** Detached entries in the order of their ends, one queue for each length of grace. */
  readonly #graces: readonly Grace[][] = [[], []]
  /** Past their end: gone as soon as removals are allowed. */
  readonly #overdue = new Set<RollEntry>()
  alive = 0
  suspect = 0
  suspicions = 0
  evictions = 0

  constructor(host: LivenessHost) {
    this.#host = host
    this.#freeze = createFreeze(host.freezeMs)
  }

  get isFrozen(): boolean {
    return this.#freeze.isFrozen
  }

  get freezes(): number {
    return this.#freeze.count
  }

  joined(entry: RollEntry, nowMs: number): void {
    this.#freeze.recovered(entry)
    this.#count(1, 0, nowMs)
  }

  /** An answer names it. */
  heard(entry: RollEntry, nowMs: number): void {
    entry.lastAnswerMs = nowMs
    entry.misses = 0
    if (entry.state === 'alive') return
    this.#overdue.delete(entry)
    entry.goneAtMs = undefined
    entry.state = 'alive'
    this.#freeze.recovered(entry)
    entry.aliveSinceMs = nowMs
    this.#count(1, -1, nowMs)
    this.#host.changed('recovered', entry, nowMs)
  }

  /** A round ended without an answer that names it. */
  missed(entry: RollEntry, nowMs: number): void {
    entry.misses += 1
    this.#suspect(entry, nowMs)
    if (entry.misses >= this.#host.misses) this.#overdue.add(entry)
  }

  /** Its pipe is closed, and nobody else speaks for it. */
  detached(entry: RollEntry, afterMs: number, nowMs: number): void {
    entry.pipe = undefined
    entry.goneAtMs = nowMs + afterMs
    this.#graces[afterMs === graceMs ? 0 : 1]?.push({
      entry,
      endsAtMs: entry.goneAtMs,
    })
    const wasSuspect = entry.state === 'suspect'
    this.#suspect(entry, nowMs)
    // Suspect before, and handed out after all others now.
    if (wasSuspect) this.#host.changed('suspected', entry, nowMs)
  }

  /** It is off the roll, or another entry has taken its place. */
  left(entry: RollEntry, nowMs: number): void {
    this.#overdue.delete(entry)
    this.#freeze.left(entry)
    entry.goneAtMs = undefined
    if (entry.state === 'alive') this.#count(-1, 0, nowMs)
    else this.#count(0, -1, nowMs)
  }

  roundEnded(nowMs: number): void {
    this.#freeze.roundEnded(this.alive + this.suspect)
    this.advance(nowMs)
  }

  advance(nowMs: number): void {
    this.#freeze.advance(nowMs)
    if (this.#freeze.isFrozen) return
    for (const grace of this.#graces) {
      let next: Grace | undefined
      while ((next = grace[0]) && !(isWaiting(next) && next.endsAtMs > nowMs)) {
        grace.shift()
        if (isWaiting(next)) this.#overdue.add(next.entry)
      }
    }
    for (const entry of this.#overdue) {
      if (!this.#freeze.takeRemoval()) return
      this.evictions += 1
      this.#host.gone(entry, nowMs)
    }
    this.#freeze.caughtUp()
  }

  /** When advance() next has something to do by itself. What waits for its share of removals waits for a round. */
  nextAtMs(): number | undefined {
    if (this.#freeze.untilMs !== undefined) return this.#freeze.untilMs
    let nextMs: number | undefined
    for (const grace of this.#graces) {
      while (grace[0] && !isWaiting(grace[0])) grace.shift()
      const atMs = grace[0]?.endsAtMs
      if (atMs !== undefined && (nextMs === undefined || atMs < nextMs)) nextMs = atMs
    }
    return nextMs
  }

  #suspect(entry: RollEntry, nowMs: number): void {
    if (entry.state === 'suspect') return
    entry.state = 'suspect'
    this.suspicions += 1
    this.#freeze.suspected(entry, nowMs)
    this.#count(-1, 1, nowMs)
    this.#host.changed('suspected', entry, nowMs)
  }

  #count(alive: number, suspect: number, nowMs: number): void {
    this.alive += alive
    this.suspect += suspect
    if (alive !== 0) this.#freeze.aliveIs(this.alive, nowMs)
  }
}

function isWaiting({ entry, endsAtMs }: Grace): boolean {
  return entry.goneAtMs === endsAtMs
}
