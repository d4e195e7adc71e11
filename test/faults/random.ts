// Chance that a seed determines: mulberry32, a generator of one 32-bit word that passes the usual tests of evenness. Not for secrets.

export type Random = () => number

/** The same numbers for the same seed and stream; another stream of a seed shares nothing with it. */
export function createRandom(seed: number, stream = ''): Random {
  let state = seed >>> 0
  for (const character of stream) state = Math.imul(state ^ character.charCodeAt(0), 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Fails for an empty list. */
export function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

/** So many of them, in random order. */
export function pickSome<Item>(items: readonly Item[], count: number, random: Random): Item[] {
  const left = [...items]
  const picked: Item[] = []
  while (picked.length < count && left.length > 0) picked.push(...left.splice(Math.floor(random() * left.length), 1))
  return picked
}

export function between(least: number, most: number, random: Random): number {
  return least + Math.floor(random() * (most - least + 1))
}
