// When an observer saw somebody come or go, for those who ask before that or after it.

export interface Sightings {
  /** These are here now. */
  are(ids: ReadonlySet<string>): void
  /** When it was seen, or has been since; fails after a time. */
  seen(id: string, withinMs: number): Promise<number>
  /** When it was no longer seen, counted from the last time that it was. */
  unseen(id: string, withinMs: number): Promise<number>
  /** When so many were seen at once. */
  complete(count: number, withinMs: number): Promise<number>
}

export function createSightings(nowMs: () => number): Sightings {
  let here: ReadonlySet<string> = new Set()
  let changedMs = nowMs()
  const seenMs = new Map<string, number>()
  const unseenMs = new Map<string, number>()
  const waiting = new Set<() => void>()

  function until(read: () => number | undefined, what: string, withinMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const atMs = read()
        if (atMs === undefined) return
        stop()
        resolve(atMs)
      }
      const timer = setTimeout(() => {
        stop()
        reject(new Error(`not ${what} within ${withinMs} ms`))
      }, withinMs)
      const stop = () => {
        clearTimeout(timer)
        waiting.delete(look)
      }
      waiting.add(look)
      look()
    })
  }

  return {
    are(ids) {
      changedMs = nowMs()
      for (const id of ids) if (!here.has(id)) seenMs.set(id, changedMs)
      for (const id of here) if (!ids.has(id)) unseenMs.set(id, changedMs)
      here = new Set(ids)
      for (const look of waiting) look()
    },
    seen: (id, withinMs) => until(() => (here.has(id) ? seenMs.get(id) : undefined), `seen: ${id}`, withinMs),
    unseen: (id, withinMs) => until(() => (here.has(id) ? undefined : unseenMs.get(id)), `gone: ${id}`, withinMs),
    complete: (count, withinMs) => until(() => (here.size >= count ? changedMs : undefined), `${count} seen`, withinMs),
  }
}
