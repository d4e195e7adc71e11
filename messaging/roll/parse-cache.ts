// Remembers what was made of bytes that come again and again: a fleet that does not change sends the same lines every second.
// Bounded by entries and by bytes; holds nothing that depends on who sent the bytes, or when.

export interface ParseCacheLimits {
  readonly maxEntries: number
  /** Of the keys; a parse is a few times as large. */
  readonly maxBytes: number
}

export interface ParseCache<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  readonly size: number
}

/** Least recently used goes first, by halves: a young generation fills up, becomes the old one, and what nobody asked for
 * meanwhile goes with the old. A hit in the young one moves nothing, which is what makes it cheap. */
export function createParseCache<V>(limits: ParseCacheLimits): ParseCache<V> {
  let young = new Map<string, V>()
  let old = new Map<string, V>()
  let youngBytes = 0

  function set(key: string, value: V): void {
    if (young.has(key)) youngBytes -= key.length
    young.set(key, value)
    youngBytes += key.length
    if (young.size < limits.maxEntries / 2 && youngBytes < limits.maxBytes / 2) return
    old = young
    young = new Map()
    youngBytes = 0
  }

  return {
    get(key) {
      const found = young.get(key)
      if (found !== undefined) return found
      const aged = old.get(key)
      if (aged === undefined) return undefined
      old.delete(key)
      set(key, aged)
      return aged
    },
    set,
    get size() {
      return young.size + old.size
    },
  }
}
