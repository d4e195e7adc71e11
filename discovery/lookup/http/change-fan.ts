// The change log for the many who wait at the HTTP door: one subscription to it, however many they are. Promises the changes of
// services alone, in order, those of one turn of the event loop at once, and one list to all who listen for the same.

import type { Change, ChangeLog } from '../../registry/change-log.ts'

/** A service's name; undefined: every service. */
export type Scope = string | undefined

/** Lists of the same scope and turn are one object, so that whatever is made of a list can be made once. */
export type ChangesListener = (changes: readonly Change[]) => void

export interface ChangeFan {
  /** Tells what changes from now on, until the function that comes back is called. Who listens for one scope alone may be many. */
  listen(scope: Scope, listener: ChangesListener): () => void
  /** Tells what has changed so far, now. */
  flush(): void
  /** Of the latest change in this scope. */
  sequenceOf(scope: Scope): number
  /** As many listen as may. */
  readonly isFull: boolean
  /** Tells what is pending, and nothing more. */
  close(): void
}

/** Each costs some kilobytes, and its share of the event loop at every change. */
const defaultMaxListeners = 10_000

export function createChangeFan(log: ChangeLog, maxListeners = defaultMaxListeners): ChangeFan {
  const listeners = new Map<Scope, Set<ChangesListener>>()
  let changes: Change[] = []
  let turn: NodeJS.Immediate | undefined
  let size = 0

  const unsubscribe = log.subscribe((change) => {
    const { kind, service } = change.instance
    if (kind !== 'service' || !(listeners.has(undefined) || listeners.has(service))) return
    changes.push(change)
    turn ??= setImmediate(flush)
  })

  function flush(): void {
    clearImmediate(turn)
    turn = undefined
    if (changes.length === 0) return
    const told = changes
    changes = []
    tell(undefined, told)
    for (const [service, itsChanges] of groupByService(told)) tell(service, itsChanges)
  }

  function tell(scope: Scope, told: readonly Change[]): void {
    // Who is told may stop listening, or be another's reason to.
    for (const listener of listeners.get(scope) ?? []) listener(told)
  }

  return {
    listen(scope, listener) {
      // What is pending happened before, and is none of its business.
      flush()
      const those = listeners.get(scope) ?? new Set()
      listeners.set(scope, those.add(listener))
      size += 1
      return () => {
        if (!those.delete(listener)) return
        size -= 1
        if (those.size === 0 && listeners.get(scope) === those) listeners.delete(scope)
      }
    },
    flush,
    sequenceOf: (scope) => (scope === undefined ? log.serviceSequence : log.sequenceOf(scope)),
    get isFull() {
      return size >= maxListeners
    },
    close() {
      unsubscribe()
      flush()
    },
  }
}

function groupByService(changes: readonly Change[]): Map<string, Change[]> {
  const byService = new Map<string, Change[]>()
  for (const change of changes) {
    const { service } = change.instance
    const itsChanges = byService.get(service)
    if (itsChanges) itsChanges.push(change)
    else byService.set(service, [change])
  }
  return byService
}
