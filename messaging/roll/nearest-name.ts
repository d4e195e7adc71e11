// The right name nearest to a wrong one, by edit distance with swapped neighbours counted once (optimal string alignment).
// Pure. Gives nothing where the nearest is too far off to have been meant.

/** Of the letters of a name, this share may be wrong. */
const maxWrongShare = 1 / 3

export function nearestName(name: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined
  let least = Infinity
  for (const candidate of names) {
    const distance = editDistance(name, candidate)
    // The prefix that all have in common says nothing.
    const ownLength = candidate.replace(/^ROLLCALL_/, '').length
    if (distance < least && distance <= Math.max(1, Math.ceil(ownLength * maxWrongShare))) {
      least = distance
      nearest = candidate
    }
  }
  return nearest
}

export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1]
      const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      const costs = [at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (isSame ? 0 : 1)]
      if (isSwapped && row > 1 && column > 1) costs.push(at(beforeLast, column - 2) + 1)
      current.push(Math.min(...costs))
    }
    beforeLast = last
    last = current
  }
  return at(last, right.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}
