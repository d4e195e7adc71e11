// How an instance is, in one word that people can act on: what it says of itself and what the daemon saw of it, the worse of the
// two first. Pure.

import type { Instance } from '../daemon/wire.ts'

/** In the order in which they are shown: what needs no attention first. */
export const conditions = ['alive', 'warning', 'draining', 'suspect', 'critical'] as const

export type Condition = (typeof conditions)[number]

export const conditionWords: Readonly<Record<Condition, { readonly label: string; readonly meaning: string }>> =
  Object.freeze({
    alive: { label: 'Alive', meaning: 'It answers, and says that all is well.' },
    warning: {
      label: 'Warning',
      meaning: 'It answers, and says that something is not right: handed out after the others.',
    },
    draining: { label: 'Draining', meaning: 'It is about to leave, and is handed out no more.' },
    suspect: {
      label: 'Suspect',
      meaning: 'It missed a round or its connection closed: handed out only while nobody better is there.',
    },
    critical: { label: 'Critical', meaning: 'It answers, and says that it cannot work: it is not handed out.' },
  })

export function readCondition({ state, status }: Pick<Instance, 'state' | 'status'>): Condition {
  if (status === 'critical') return 'critical'
  if (state === 'suspect') return 'suspect'
  return status === 'passing' ? 'alive' : status
}

export type ConditionCounts = Readonly<Record<Condition, number>>

export function countConditions(instances: Iterable<Instance>): ConditionCounts {
  const counts = { alive: 0, warning: 0, draining: 0, suspect: 0, critical: 0 }
  for (const instance of instances) counts[readCondition(instance)] += 1
  return counts
}
