// Writes coalesced per tick: whoever has something to write is flushed once, after the code that is running now.

export interface Flushable {
  flush(): void
}

let waiting: Flushable[] = []

function flushAll(): void {
  const due = waiting
  waiting = []
  for (const flushable of due) flushable.flush()
}

/** Calls flush() at the end of this tick. The caller queues itself once until it is flushed. */
export function queueFlush(flushable: Flushable): void {
  if (waiting.length === 0) process.nextTick(flushAll)
  waiting.push(flushable)
}
