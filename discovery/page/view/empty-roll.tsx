// What stands where the roll would be, when there is nothing to show.

import { query, roll, wantedCondition } from '../state.ts'

export function EmptyRoll() {
  if (roll.value.instances.size > 0) {
    return (
      <div class="empty">
        <p>Nobody on the roll is like that.</p>
        <button
          type="button"
          class="text-button"
          onClick={() => {
            query.value = ''
            wantedCondition.value = undefined
          }}
        >
          Show everyone
        </button>
      </div>
    )
  }
  if (roll.value.daemonEpoch === '') return <p class="empty">Asking the daemon…</p>
  if (!roll.value.isComplete) {
    return <p class="empty">The daemon does not know yet who is here: it has just started, or lost everyone at once.</p>
  }
  return (
    <div class="empty">
      <p>Nobody is on the roll.</p>
      <p class="quiet">
        A service is here one round trip after it connects: <code>SERVICE_NAME=web DISCOVERY_HOST=… node web.js</code>
      </p>
    </div>
  )
}
