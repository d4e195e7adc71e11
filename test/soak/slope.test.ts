import t from 'tap'
import type { Sample } from './slope.ts'
import { createRandom } from '../fixtures/random.ts'
import { fitSecondHalf, isLeak } from './slope.ts'

const count = 120

/** One each 5 s for 10 minutes, around a level of 30, with noise that lasts for some samples. */
function createSeries(seed: number, valueAt: (share: number) => number): Sample[] {
  const random = createRandom(seed)
  let noise = 0
  return Array.from({ length: count }, (_, at) => {
    noise = 0.7 * noise + (random() - 0.5) * 2
    return { atS: at * 5, value: 30 + noise + valueAt(at / (count - 1)) }
  })
}

const seeds = Array.from({ length: 200 }, (_, seed) => seed)

t.test('a series that leaks is a leak, whatever the noise', async (t) => {
  for (const seed of seeds) {
    const line = fitSecondHalf(createSeries(seed, (share) => 40 * share))
    if (!isLeak(line, 0.5)) t.fail(`seed ${seed}: ${JSON.stringify(line)}`)
  }
  t.match(fitSecondHalf(createSeries(1, (share) => 40 * share)).rise.toFixed(0), /^(?:19|20|21)$/)
})

t.test('a series that is noisy and flat is none', async (t) => {
  const accused = seeds.filter((seed) => isLeak(fitSecondHalf(createSeries(seed, () => 0)), 0.5))
  t.same(accused, [])
})

t.test('nor is one that rises while it warms up, and stays', async (t) => {
  for (const seed of seeds) {
    const line = fitSecondHalf(createSeries(seed, (share) => Math.min(1, share * 3) * 20))
    if (isLeak(line, 0.5)) t.fail(`seed ${seed}: ${JSON.stringify(line)}`)
  }
})

t.test('nor a saw: a log that is cut again and again', async (t) => {
  for (const seed of seeds) {
    const line = fitSecondHalf(createSeries(seed, (share) => ((share * 12 + seed / 200) % 1) * 8))
    if (isLeak(line, 0.5)) t.fail(`seed ${seed}: ${JSON.stringify(line)}`)
  }
})

t.test('noise that lasts makes less sure than noise that does not', async (t) => {
  const widthOf = (lasting: number) => {
    const random = createRandom(5)
    const noise = Array.from({ length: count }, () => random() - 0.5)
    const values = noise.map((_, at) => noise.slice(Math.max(0, at - lasting + 1), at + 1).reduce((a, b) => a + b, 0))
    const scale = Math.sqrt(lasting)
    const { leastRise, mostRise } = fitSecondHalf(values.map((value, at) => ({ atS: at, value: value / scale })))
    return mostRise - leastRise
  }
  t.ok(widthOf(8) > 2 * widthOf(1))
})

t.test('a series that never moves has no slope, and a short one no line', async (t) => {
  const flat = Array.from({ length: 20 }, (_, at) => ({ atS: at, value: 4 }))
  t.match(fitSecondHalf(flat), { fromS: 10, toS: 19, mean: 4, rise: 0, leastRise: 0, mostRise: 0 })
  t.throws(() => fitSecondHalf(flat.slice(0, 10)), /too few/)
})
