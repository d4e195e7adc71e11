// A draw at random by weight, which costs nearly the same among two and among thousands. Pure.

/** Draws the index of a weight, of at least one: each as often as its share is, or all alike where their weights are. */
export function planWeightedDraw(weights: readonly number[]): (random: () => number) => number {
  const { length } = weights
  if (weights.every((weight) => weight === weights[0])) return (random) => Math.floor(random() * length)
  const upTo = new Float64Array(length)
  let total = 0
  weights.forEach((weight, at) => {
    total += weight
    upTo[at] = total
  })
  return (random) => firstAbove(upTo, random() * total)
}

/** Index of the first element greater than `value` in an ascending array. */
function firstAbove(ascending: Float64Array, value: number): number {
  let low = 0
  let high = ascending.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? Infinity) > value) high = middle
    else low = middle + 1
  }
  return low
}
