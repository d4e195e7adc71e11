// Where an entry is found: by service and id, by service and place, by the id that it claims, and by what a hint may name.
// Who claims the same id as another is in conflict with it for as long as both are here.

import type { Choice, ChoiceFilter } from './choose.ts'
import type { RollEntry } from './roll-entry.ts'
import { planChoice } from './choose.ts'
import { ServiceRoll } from './service-roll.ts'

const unknownService = planChoice([])

export class RollIndex {
  readonly #services = new Map<string, ServiceRoll>()
  readonly #byPlace = new Map<string, RollEntry>()
  readonly #byClaim = new Map<string, Set<RollEntry>>()
  /** By id, claimed id and speaker: what a hint may name. */
  readonly #byHint = new Map<string, Set<RollEntry>>()
  #names: readonly string[] | undefined
  /** How many are here beside the one that an id belongs to. */
  conflicts = 0

  add(entry: RollEntry): void {
    let roll = this.#services.get(entry.service)
    if (!roll) {
      roll = new ServiceRoll()
      this.#services.set(entry.service, roll)
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
    const roll = this.#services.get(entry.service)
    if (roll?.find(entry.id) !== entry) return
    roll.remove(entry)
    if (roll.size === 0) this.#services.delete(entry.service)
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
    this.#services.get(entry.service)?.changed()
  }

  find(service: string, id: string): RollEntry | undefined {
    return this.#services.get(service)?.find(id)
  }

  /** All that claim this id: the one that has it, and those beside it as `id~2`. */
  claimants(service: string, id: string): Iterable<RollEntry> {
    return this.#byClaim.get(claimOf(service, id)) ?? []
  }

  /** Two lines with the same service, host and port are one provider. */
  findAt(service: string, host: string, port: number): RollEntry | undefined {
    return this.#byPlace.get(placeOf({ service, host, port }))
  }

  hinted(hint: string): Iterable<RollEntry> {
    return this.#byHint.get(hint) ?? this.#services.get(hint)?.sorted ?? []
  }

  instances(service: string): readonly RollEntry[] {
    return this.#services.get(service)?.sorted ?? []
  }

  names(): readonly string[] {
    this.#names ??= [...this.#services]
      .filter(([, roll]) => roll.sorted.some(({ kind }) => kind === 'service'))
      .map(([name]) => name)
      .toSorted()
    return this.#names
  }

  choose(service: string, filter: ChoiceFilter | undefined, random: () => number): Choice {
    const roll = this.#services.get(service)
    return roll ? roll.choose(filter, random) : unknownService(random)
  }

  #addClaim(entry: RollEntry): void {
    const claim = claimOf(entry.service, entry.claimedId)
    const claimants = this.#byClaim.get(claim) ?? new Set()
    if (claimants.size > 0) this.conflicts += 1
    claimants.add(entry)
    this.#byClaim.set(claim, claimants)
    entry.claimants = claimants
  }

  #removeClaim(entry: RollEntry): void {
    const claim = claimOf(entry.service, entry.claimedId)
    const claimants = this.#byClaim.get(claim)
    if (!claimants?.delete(entry)) return
    if (claimants.size > 0) this.conflicts -= 1
    else this.#byClaim.delete(claim)
  }
}

function claimOf(service: string, id: string): string {
  return `${service} ${id}`
}

function placeOf({
  service,
  host,
  port,
}: {
  readonly service: string
  readonly host: string
  readonly port: number
}): string {
  return `${service} ${host} ${port}`
}

function hintsOf({ id, claimedId, by }: RollEntry): ReadonlySet<string> {
  return new Set(by === undefined ? [id, claimedId] : [id, claimedId, by])
}
