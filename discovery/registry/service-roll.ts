// The instances of one name, and the plans made of them.

import type { ChoiceFilter, Plan } from '../../messaging/roll/choose.ts'
import type { RollEntry } from './roll-entry.ts'
import { Plans } from '../../messaging/roll/plans.ts'

export class ServiceRoll {
  readonly #entries = new Map<string, RollEntry>()
  readonly #plans = new Plans(() => this.sorted)
  #sorted: readonly RollEntry[] | undefined

  /** By id, in stable order. */
  get sorted(): readonly RollEntry[] {
    this.#sorted ??= [...this.#entries.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return this.#sorted
  }

  get size(): number {
    return this.#entries.size
  }

  find(id: string): RollEntry | undefined {
    return this.#entries.get(id)
  }

  add(entry: RollEntry): void {
    this.#entries.set(entry.id, entry)
    this.#sorted = undefined
    this.changed()
  }

  remove(entry: RollEntry): void {
    this.#entries.delete(entry.id)
    this.#sorted = undefined
    this.changed()
  }

  /** Something that decides what is handed out is different now. */
  changed(): void {
    this.#plans.changed()
  }

  plan(filter: ChoiceFilter | undefined): Plan<RollEntry> {
    return this.#plans.plan(filter)
  }
}
