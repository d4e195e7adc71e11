// What the reader chose, in the fragment of the address: a link to one instance or one search can be sent to others, and the back
// button does what people expect. Pure.

import type { Condition } from './roll/condition.ts'
import { conditions } from './roll/condition.ts'

export interface Choice {
  readonly query: string
  readonly condition: Condition | undefined
  /** Key of an instance; empty for none. */
  readonly selected: string
}

export function readFragment(fragment: string): Choice {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''))
  return {
    query: fields.get('q') ?? '',
    condition: conditions.find((condition) => condition === fields.get('state')),
    selected: fields.get('instance') ?? '',
  }
}

export function writeFragment({ query, condition, selected }: Choice): string {
  const fields = new URLSearchParams()
  if (query !== '') fields.set('q', query)
  if (condition !== undefined) fields.set('state', condition)
  if (selected !== '') fields.set('instance', selected)
  const text = fields.toString()
  return text === '' ? '' : `#${text}`
}
