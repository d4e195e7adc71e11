// The instances of one name, and the plans made of them: a plan holds until anything about the name changes.

import type { ChoiceFilter, Plan } from '../../messaging/roll/choose.ts'
import type { RollEntry } from './roll-entry.ts'
import { planChoice } from '../../messaging/roll/choose.ts'

/** Filters that are remembered for one name; clients use few. */
const maxPlans = 64

export class ServiceRoll {
  readonly #entries = new Map<string, RollEntry>()
  readonly #plans = new Map<string, Plan<RollEntry>>()
  #plain: Plan<RollEntry> | undefined
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
    this.#plain = undefined
    this.#plans.clear()
  }

  plan(filter: ChoiceFilter | undefined): Plan<RollEntry> {
    if (filter === undefined || isEmpty(filter)) return (this.#plain ??= planChoice(this.sorted))
    const key = JSON.stringify([filter.zone, filter.near, filter.version, filter.tags])
    let plan = this.#plans.get(key)
    if (!plan) {
      plan = planChoice(this.sorted, filter)
      if (this.#plans.size >= maxPlans) this.#plans.clear()
      this.#plans.set(key, plan)
    }
    return plan
  }
}

function isEmpty({ zone, near, tags, version }: ChoiceFilter): boolean {
  return zone === undefined && near === undefined && version === undefined && (tags?.length ?? 0) === 0
}
