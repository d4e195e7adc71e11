// Where an entry is found: by service and id, by service and address, by id alone, and by who speaks for it.

import type { Choice, ChoiceFilter } from './choose.ts'
import type { RollEntry } from './roll-entry.ts'
import { planChoice } from './choose.ts'
import { ServiceRoll } from './service-roll.ts'

const unknownService = planChoice([])

export class RollIndex {
  readonly #services = new Map<string, ServiceRoll>()
  readonly #byPlace = new Map<string, RollEntry>()
  /** By id, claimed id and speaker: what a hint may name. */
  readonly #byHint = new Map<string, Set<RollEntry>>()
  #names: readonly string[] | undefined

  add(entry: RollEntry): void {
    let roll = this.#services.get(entry.service)
    if (!roll) {
      roll = new ServiceRoll()
      this.#services.set(entry.service, roll)
    }
    roll.entries.set(entry.id, entry)
    roll.changed()
    this.#names = undefined
    this.#byPlace.set(placeOf(entry), entry)
    for (const hint of hintsOf(entry)) {
      const entries = this.#byHint.get(hint) ?? new Set()
      entries.add(entry)
      this.#byHint.set(hint, entries)
    }
  }

  remove(entry: RollEntry): void {
    const roll = this.#services.get(entry.service)
    if (roll?.entries.get(entry.id) !== entry) return
    roll.entries.delete(entry.id)
    roll.changed()
    if (roll.entries.size === 0) this.#services.delete(entry.service)
    this.#names = undefined
    if (this.#byPlace.get(placeOf(entry)) === entry) this.#byPlace.delete(placeOf(entry))
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
    return this.#services.get(service)?.entries.get(id)
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
