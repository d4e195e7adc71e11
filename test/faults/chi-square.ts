// How likely a chi-square statistic of this size is by chance: the regularised upper incomplete gamma function, by its series and its
// continued fraction (Abramowitz and Stegun, 6.5.29 and 6.5.31). Pure.

const precision = 1e-14
const maxTerms = 10_000
/** Keeps a continued fraction from dividing by nothing. */
const tiny = 1e-300

/** Probability of a statistic as large or larger, with so many degrees of freedom. */
export function chiSquareProbability(statistic: number, degrees: number): number {
  const shape = degrees / 2
  const x = statistic / 2
  if (x <= 0) return 1
  return x < shape + 1 ? 1 - lowerGamma(shape, x) : upperGamma(shape, x)
}

function lowerGamma(shape: number, x: number): number {
  let term = 1 / shape
  let sum = term
  for (let n = 1; n < maxTerms && term > sum * precision; n += 1) {
    term *= x / (shape + n)
    sum += term
  }
  return sum * scale(shape, x)
}

/** By the method of Lentz. */
function upperGamma(shape: number, x: number): number {
  let b = x + 1 - shape
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < maxTerms; n += 1) {
    const a = -n * (n - shape)
    b += 2
    d = 1 / away(a * d + b)
    c = away(b + a / c)
    const change = d * c
    fraction *= change
    if (Math.abs(change - 1) < precision) break
  }
  return fraction * scale(shape, x)
}

function away(value: number): number {
  return Math.abs(value) < tiny ? tiny : value
}

function scale(shape: number, x: number): number {
  return Math.exp(-x + shape * Math.log(x) - logGamma(shape))
}

/** Of a whole number, or one and a half of it: all that degrees of freedom can make. */
function logGamma(shape: number): number {
  let value = Number.isInteger(shape) ? 0 : Math.log(Math.PI) / 2
  for (let below = shape - 1; below > 0; below -= 1) value += Math.log(below)
  return value
}
