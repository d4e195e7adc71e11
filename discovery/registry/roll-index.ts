// Where an entry is found: by group and id, by group and place, by the id that it claims, and by what a hint may name.
// Who claims the same id as another is in conflict with it for as long as both are here.

import type { ChoiceFilter, Plan } from '../../messaging/roll/choose.ts'
import type { RollEntry } from './roll-entry.ts'
import { planChoice } from '../../messaging/roll/choose.ts'
import { isService } from './group.ts'
import { ServiceRoll } from './service-roll.ts'

const unknownService = planChoice<RollEntry>([])

export class RollIndex {
  readonly #groups = new Map<string, ServiceRoll>()
  readonly #byPlace = new Map<string, RollEntry>()
  readonly #byClaim = new Map<string, Set<RollEntry>>()
  /** By id, claimed id and speaker: what a hint may name. */
  readonly #byHint = new Map<string, Set<RollEntry>>()
  #names: readonly string[] | undefined
  /** How many are here beside the one that an id belongs to. */
  conflicts = 0

  add(entry: RollEntry): void {
    let roll = this.#groups.get(entry.group)
    if (!roll) {
      roll = new ServiceRoll()
      this.#groups.set(entry.group, roll)
    }
    roll.add(entry)
    this.#names = undefined
    this.#byPlace.set(placeOf(entry), entry)
    this.#addClaim(entry)
    for (const hint of hintsOf(entry)) {
      const entries = this.#byHint.get(hint) ?? new Set()
      entries.add(entry)
      this.#byHint.set(hint, entries)
    }
  }

  remove(entry: RollEntry): void {
    const roll = this.#groups.get(entry.group)
    if (roll?.find(entry.id) !== entry) return
    roll.remove(entry)
    if (roll.size === 0) this.#groups.delete(entry.group)
    this.#names = undefined
    if (this.#byPlace.get(placeOf(entry)) === entry) this.#byPlace.delete(placeOf(entry))
    this.#removeClaim(entry)
    for (const hint of hintsOf(entry)) {
      const entries = this.#byHint.get(hint)
      entries?.delete(entry)
      if (entries?.size === 0) this.#byHint.delete(hint)
    }
  }

  /** What decides about handing it out is different now. */
  changed(entry: RollEntry): void {
    this.#groups.get(entry.group)?.changed()
  }

  find(group: string, id: string): RollEntry | undefined {
    return this.#groups.get(group)?.find(id)
  }

  /** All that claim this id: the one that has it, and those beside it as `id~2`. */
  claimants(group: string, id: string): Iterable<RollEntry> {
    return this.#byClaim.get(claimOf(group, id)) ?? []
  }

  /** Two lines with the same service, host and port are one provider. */
  findAt(group: string, host: string, port: number): RollEntry | undefined {
    return this.#byPlace.get(placeOf({ group, host, port }))
  }

  hinted(hint: string): Iterable<RollEntry> {
    return this.#byHint.get(hint) ?? this.#groups.get(hint)?.sorted ?? []
  }

  instances(group: string): readonly RollEntry[] {
    return this.#groups.get(group)?.sorted ?? []
  }

  names(): readonly string[] {
    this.#names ??= [...this.#groups.keys()].filter(isService).toSorted()
    return this.#names
  }

  plan(group: string, filter: ChoiceFilter | undefined): Plan<RollEntry> {
    return this.#groups.get(group)?.plan(filter) ?? unknownService
  }

  #addClaim(entry: RollEntry): void {
    const claim = claimOf(entry.group, entry.claimedId)
    const claimants = this.#byClaim.get(claim) ?? new Set()
    if (claimants.size > 0) this.conflicts += 1
    claimants.add(entry)
    this.#byClaim.set(claim, claimants)
    entry.claimants = claimants
  }

  #removeClaim(entry: RollEntry): void {
    const claim = claimOf(entry.group, entry.claimedId)
    const claimants = this.#byClaim.get(claim)
    if (!claimants?.delete(entry)) return
    if (claimants.size > 0) this.conflicts -= 1
    else this.#byClaim.delete(claim)
  }
}

function claimOf(group: string, id: string): string {
  return `${group} ${id}`
}

function placeOf({ group, host, port }: Pick<RollEntry, 'group' | 'host' | 'port'>): string {
  return `${group} ${host} ${port}`
}

function hintsOf({ id, claimedId, by }: RollEntry): ReadonlySet<string> {
  return new Set(by === undefined ? [id, claimedId] : [id, claimedId, by])
}
