import t from 'tap'
import type { TakenSample } from './judge.ts'
import { createRandom } from '../fixtures/random.ts'
import { judge } from './judge.ts'

const MiB = 2 ** 20

/** A run of 10 minutes of a daemon that keeps what it should not, as `leak` of the time that has passed says. */
function createRun(leak: (share: number) => Partial<TakenSample>): TakenSample[] {
  const random = createRandom(3)
  return Array.from({ length: 150 }, (_, at) => ({
    atS: at * 4,
    heapBytes: (20 + random()) * MiB,
    residentBytes: (90 + 4 * random()) * MiB,
    sockets: 40 + Math.floor(10 * random()),
    files: 60 + Math.floor(10 * random()),
    timers: 5 + Math.floor(3 * random()),
    delayMs: 2 + 10 * random() ** 4,
    cpuMs: at * 800,
    ...leak(at / 149),
  }))
}

function namesOfLeaks(isQuick: boolean, leak: (share: number) => Partial<TakenSample>): string[] {
  return judge(createRun(leak), isQuick).flatMap(({ name, isLeak }) => (isLeak ? [name] : []))
}

t.test('of a daemon that keeps nothing, nothing rises', async (t) => {
  t.same(
    namesOfLeaks(false, () => ({})),
    [],
  )
})

t.test('what leaks is named, and nothing else', async (t) => {
  t.same(
    namesOfLeaks(false, (share) => ({ heapBytes: (20 + 4 * share) * MiB })),
    ['heap after collection'],
  )
  t.same(
    namesOfLeaks(false, (share) => ({ timers: 5 + Math.floor(20 * share) })),
    ['timers'],
  )
  t.same(
    namesOfLeaks(false, (share) => ({ sockets: 40 + Math.floor(30 * share), files: 60 + Math.floor(30 * share) })),
    ['sockets', 'open files'],
  )
})

t.test('a quick run is judged coarsely: a large leak is one all the same', async (t) => {
  t.same(
    namesOfLeaks(true, (share) => ({ heapBytes: (20 + 20 * share) * MiB })),
    [],
  )
  t.same(
    namesOfLeaks(true, (share) => ({ heapBytes: (20 + 100 * share) * MiB })),
    ['heap after collection'],
  )
})
