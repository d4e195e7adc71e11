// Events gathered until the next frame, so that a thousand changes at once are one drawing. Promises their order, and that nothing
// waits for a frame which does not come: a hidden page draws none.

import type { Clock } from '../../../messaging/sp/clock.ts'

export interface BatchOptions<Item> {
  readonly clock: Clock
  /** Calls before the next drawing; what comes back cancels it. */
  readonly onFrame: (run: () => void) => () => void
  readonly apply: (items: readonly Item[]) => void
}

/** How long a page that is not drawn lets events gather. */
const latestMs = 500

export interface Batch<Item> {
  add(item: Item): void
  /** What is gathered is applied now. */
  flush(): void
}

export function createBatch<Item>({ clock, onFrame, apply }: BatchOptions<Item>): Batch<Item> {
  let items: Item[] = []
  let cancel = () => {}
  function flush(): void {
    cancel()
    cancel = () => {}
    const gathered = items
    items = []
    if (gathered.length > 0) apply(gathered)
  }
  return {
    flush,
    add(item) {
      items.push(item)
      if (items.length > 1) return
      const cancelFrame = onFrame(flush)
      const cancelTimer = clock.after(latestMs, flush)
      cancel = () => {
        cancelFrame()
        cancelTimer()
      }
    },
  }
}
