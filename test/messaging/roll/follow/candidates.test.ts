import t from 'tap'
import { readFeed } from '../../../../messaging/roll/feed-lines.ts'
import { Candidates } from '../../../../messaging/roll/follow/candidates.ts'
import { createFakeClock } from '../../../fixtures/fake-clock.ts'

const line = (id: string, port: number, state = 'alive', fields = {}) =>
  `+ ${state} ${JSON.stringify({ service: 'web', id, address: `http://10.0.0.1:${port}`, ...fields })}`

function open(...lines: readonly string[]) {
  const clock = createFakeClock()
  let drawn = 0
  const candidates = new Candidates(clock, () => (drawn = (drawn + 0.37) % 1))
  const instances = readFeed(Buffer.from(['ab 1 snapshot', ...lines].join('\n')))?.present ?? []
  candidates.take(instances)
  const ids = (filter = {}) => {
    const found = new Set<string>()
    for (let i = 0; i < 50; i += 1) {
      const choice = candidates.draw(filter)
      found.add(choice.outcome === 'PROVIDER' ? choice.instance.id : choice.outcome)
    }
    return [...found].toSorted().join(' ')
  }
  const setAside = (id: string) => {
    for (const instance of instances) if (instance.id === id) candidates.setAside(instance)
  }
  return { clock, candidates, instances, ids, setAside }
}

t.test('one that could not be reached is handed out only when there is nobody else, for a short while', async (t) => {
  const { clock, ids, setAside } = open(line('a', 1), line('b', 2), line('c', 3, 'suspect'))
  t.equal(ids(), 'a b')
  setAside('a')
  t.equal(ids(), 'b')
  await clock.advanceAsync(1_000)
  setAside('b')
  t.equal(ids(), 'c', 'suspect, and not refused to us')
  setAside('c')
  t.equal(ids(), 'a b c', 'better somebody who refused than nobody')
  await clock.advanceAsync(2_000)
  t.equal(ids(), 'a')
  await clock.advanceAsync(1_000)
  t.equal(ids(), 'a b')
  t.equal(clock.pending, 0)
})

t.test('a filter that only leaves the one that failed gives that one', async (t) => {
  const { ids, setAside } = open(line('a', 1, 'alive', { zone: 'eu' }), line('b', 2))
  setAside('a')
  t.equal(ids({ zone: 'eu' }), 'a')
  t.equal(ids({ near: 'eu' }), 'b')
})

t.test('a new list of the daemons does not bring it back before its time', async (t) => {
  const { candidates, instances, ids, setAside } = open(line('a', 1), line('b', 2))
  setAside('a')
  candidates.take([...instances])
  t.equal(ids(), 'b')
})
