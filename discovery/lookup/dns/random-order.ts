// The order in which an answer lists those who may be called: at random by weight, since most clients take the first. Pure but for
// the chance that it is given.

/** All of them in a new order; a heavier one comes before a lighter one as often as their weights have it. */
export function orderAtRandom<T extends { readonly weight: number }>(
  items: readonly T[],
  random: () => number,
): readonly T[] {
  const [first] = items
  if (items.length < 2) return items
  if (items.every(({ weight }) => weight === first?.weight)) return shuffle(items, random)
  // Who waits an exponential time with its weight as the rate: Efraimidis and Spirakis, 2006.
  return items
    .map((item) => ({ item, waits: -Math.log(1 - random()) / item.weight }))
    .toSorted((one, other) => one.waits - other.waits)
    .map(({ item }) => item)
}

function shuffle<T>(items: readonly T[], random: () => number): readonly T[] {
  const order = [...items]
  for (let left = order.length; left > 1; left -= 1) {
    const drawn = Math.floor(random() * left)
    const [last, taken] = [order[left - 1], order[drawn]]
    if (last === undefined || taken === undefined) continue
    order[left - 1] = taken
    order[drawn] = last
  }
  return order
}
