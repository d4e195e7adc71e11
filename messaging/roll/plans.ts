// The plans made of the instances of one name, one for each filter that was asked with: a plan holds until anything about the name
// changes. So a choice costs the same for one instance and for thousands.

import type { Choosable, ChoiceFilter, Plan } from './choose.ts'
import { planChoice } from './choose.ts'

/** Filters that are remembered for one name; clients use few. */
const maxPlans = 64

export class Plans<Instance extends Choosable> {
  readonly #instances: () => readonly Instance[]
  readonly #plans = new Map<string, Plan<Instance>>()
  #plain: Plan<Instance> | undefined

  constructor(instances: () => readonly Instance[]) {
    this.#instances = instances
  }

  /** Something that decides what is handed out is different now. */
  changed(): void {
    this.#plain = undefined
    this.#plans.clear()
  }

  plan(filter: ChoiceFilter | undefined): Plan<Instance> {
    if (filter === undefined || isEmpty(filter)) return (this.#plain ??= planChoice(this.#instances()))
    const key = JSON.stringify([filter.zone, filter.near, filter.version, filter.tags, filter.protocols])
    let plan = this.#plans.get(key)
    if (!plan) {
      plan = planChoice(this.#instances(), filter)
      if (this.#plans.size >= maxPlans) this.#plans.clear()
      this.#plans.set(key, plan)
    }
    return plan
  }
}

function isEmpty({ zone, near, tags, version, protocols }: ChoiceFilter): boolean {
  return (
    zone === undefined &&
    near === undefined &&
    version === undefined &&
    protocols === undefined &&
    (tags?.length ?? 0) === 0
  )
}
