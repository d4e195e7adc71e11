// How many are in which condition, and at a press only those.

import type { Condition } from '../roll/condition.ts'
import { conditions, conditionWords } from '../roll/condition.ts'
import { counts, roll, wantedCondition } from '../state.ts'
import { ConditionMark } from './marks.tsx'

export function Filters() {
  const total = roll.value.instances.size
  return (
    <div class="filters" role="group" aria-label="Show only">
      <Filter condition={undefined} label="All" count={total} />
      {conditions.map((condition) => (
        <Filter
          key={condition}
          condition={condition}
          label={conditionWords[condition].label}
          count={counts.value[condition]}
        />
      ))}
    </div>
  )
}

interface FilterProps {
  readonly condition: Condition | undefined
  readonly label: string
  readonly count: number
}

function Filter({ condition, label, count }: FilterProps) {
  const isPressed = wantedCondition.value === condition
  return (
    <button
      type="button"
      class={count === 0 ? 'filter is-empty' : 'filter'}
      aria-pressed={isPressed}
      title={condition && conditionWords[condition].meaning}
      onClick={() => (wantedCondition.value = isPressed ? undefined : condition)}
    >
      {condition && <ConditionMark condition={condition} />}
      <span>{label}</span> <b>{count.toLocaleString('en')}</b>
    </button>
  )
}
