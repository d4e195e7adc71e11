import t from 'tap'
import type { TestPipe } from '../../fixtures/roll.ts'
import { graceAfterDetachMs } from '../../../discovery/registry/liveness.ts'
import { createRoll, line } from '../../fixtures/roll.ts'

t.test('an answer puts an instance on the roll, and an empty one takes it off', async (t) => {
  const roll = createRoll()
  const pipe = roll.attach()
  t.same(roll.list('web'), [])
  roll.hear(pipe, line('a'))
  t.same(roll.list('web'), ['alive a'])
  roll.hear(pipe)
  t.same(roll.list('web'), [])
  t.same(roll.changes(), ['joined a', 'left a'])
})

t.test('one missed round makes suspect, three make gone', async (t) => {
  const roll = createRoll()
  const pipe = roll.attach()
  roll.hear(pipe, line('a'))
  t.same(roll.round([]), ['a'])
  t.same(roll.list('web'), ['suspect a'])
  t.same(roll.registry.takeQuestions(), [pipe], 'a suspect is asked again, alone, before the next round')
  t.same(roll.registry.takeQuestions(), [], 'each once')
  roll.round([])
  t.same(roll.list('web'), ['suspect a'])
  roll.round([])
  t.same(roll.list('web'), [])
  t.same(roll.changes(), ['joined a', 'suspected a', 'left a'])
})

t.test('an answer, in a round or alone, makes a suspect alive with a clean record', async (t) => {
  const roll = createRoll()
  const pipe = roll.attach()
  roll.hear(pipe, line('a'))
  roll.round([])
  roll.round([])
  roll.hear(pipe, line('a'))
  t.same(roll.list('web'), ['alive a'])
  roll.round([])
  roll.round([])
  t.same(roll.list('web'), ['suspect a'], 'the misses before count no more')
  roll.round([[pipe, line('a')]])
  t.same(roll.list('web'), ['alive a'])
  t.same(roll.changes(), ['joined a', 'suspected a', 'recovered a', 'suspected a', 'recovered a'])
})

t.test('the number of misses is an option', async (t) => {
  const once = createRoll({ misses: 1 })
  once.hear(once.attach(), line('a'))
  once.round([])
  t.same(once.list('web'), [])
  const often = createRoll({ misses: 10 })
  often.hear(often.attach(), line('a'))
  for (let round = 1; round <= 9; round += 1) often.round([])
  t.same(often.list('web'), ['suspect a'])
  often.round([])
  t.same(often.list('web'), [])
})

t.test('the grace after a detach is 500 ms, and 3 s for a pipe that spoke for several', async (t) => {
  t.same([0, 1, 2, 1_000].map(graceAfterDetachMs), [500, 500, 3_000, 3_000])
  const roll = createRoll()
  const single = roll.attach()
  const speaker = roll.attach()
  roll.hear(single, line('a'))
  roll.hear(speaker, line('b'), line('c'))
  roll.detach(single)
  roll.detach(speaker)
  t.same(roll.list('web'), ['suspect a', 'suspect b', 'suspect c'], 'suspect at once')
  roll.pass(499)
  t.same(roll.list('web'), ['suspect a', 'suspect b', 'suspect c'])
  roll.pass(1)
  t.same(roll.list('web'), ['suspect b', 'suspect c'])
  roll.pass(2_499)
  t.same(roll.list('web'), ['suspect b', 'suspect c'])
  roll.pass(1)
  t.same(roll.list('web'), [])
})

t.test('one that comes back within the grace was never gone', async (t) => {
  const roll = createRoll()
  const before = roll.attach()
  roll.hear(before, line('a'))
  roll.detach(before)
  roll.pass(400)
  const after = roll.attach()
  roll.hear(after, line('a'))
  roll.pass(1_000)
  t.same(roll.list('web'), ['alive a'])
  t.same(roll.changes(), ['joined a', 'suspected a', 'recovered a'])
})

t.test('a lagged round is held against nobody', async (t) => {
  const roll = createRoll()
  roll.hear(roll.attach(), line('a'))
  t.same(roll.round([], { isLagged: true }), [])
  t.same(roll.list('web'), ['alive a'])
})

t.test('a provider that a single pipe no longer lists has left; on a many pipe it has missed', async (t) => {
  const roll = createRoll()
  const single = roll.attach()
  const many = roll.attach({ isMany: true })
  roll.hear(single, line('a'), line('b'))
  roll.hear(many, line('c'), line('d'))
  roll.round([
    [single, line('b')],
    [many, line('d')],
  ])
  t.same(roll.list('web'), ['alive b', 'suspect c', 'alive d'])
  roll.round([
    [single, line('b')],
    [many, line('d')],
  ])
  roll.round([
    [single, line('b')],
    [many, line('d')],
  ])
  t.same(roll.list('web'), ['alive b', 'alive d'])
})

t.test('answers of a many pipe that come one by one in a round count together', async (t) => {
  const roll = createRoll()
  const many = roll.attach({ isMany: true })
  roll.round([
    [many, line('a')],
    [many, line('b')],
  ])
  t.same(
    roll.round([
      [many, line('b')],
      [many, line('a')],
    ]),
    [],
  )
  t.same(roll.list('web'), ['alive a', 'alive b'])
})

t.test('a pipe that was never attached is heard all the same, as on an engine without pipe events', async (t) => {
  const roll = createRoll()
  const everyone: TestPipe = { id: 0, isMany: true, remote: undefined, local: undefined }
  roll.hear(everyone, line('a'))
  t.same(roll.list('web'), ['alive a'])
  for (let round = 0; round < 3; round += 1) roll.round([])
  t.same(roll.list('web'), [], 'and silence counts')
})

/** So many providers, each on a pipe of its own, alive for longer than the freeze looks back. */
function createFleet(size: number) {
  const roll = createRoll()
  const fleet = Array.from({ length: size }, (_, i) => {
    const pipe = roll.attach()
    const text = line(`i${String(i).padStart(2, '0')}`)
    roll.hear(pipe, text)
    return [pipe, text] as const
  })
  for (let i = 0; i < 3; i += 1) roll.round(fleet)
  roll.changes()
  return { roll, fleet }
}

t.test('when more than half fall silent at once, the daemon blames itself and removes nobody', async (t) => {
  const { roll, fleet } = createFleet(10)
  const rest = fleet.slice(6)
  roll.round(rest)
  t.ok(roll.registry.isFrozen)
  for (let i = 0; i < 5; i += 1) roll.round(rest)
  t.equal(roll.list('web').length, 10, 'six missed six rounds and are still there')
  roll.round(fleet.slice(2))
  t.notOk(roll.registry.isFrozen, 'four of six are back')
  roll.round(fleet.slice(2))
  t.equal(roll.list('web').length, 8, 'and the normal rules hold again')
  t.equal(roll.registry.counts.freezes, 1)
})

t.test('a freeze ends after its time, and then a fifth of the roll may go in each round', async (t) => {
  const { roll, fleet } = createFleet(10)
  const rest = fleet.slice(9)
  const sizes: number[] = []
  for (let i = 0; i < 26; i += 1) {
    roll.round(rest)
    sizes.push(roll.list('web').length)
  }
  t.same(sizes.slice(0, 15), Array(15).fill(10), 'nobody for 15 s')
  t.same(
    [...new Set(sizes)],
    [10, 8, 7, 6, 5, 4, 3, 2, 1].filter((size) => sizes.includes(size)),
  )
  t.ok(sizes.every((size, i) => i === 0 || (sizes[i - 1] ?? 0) - size <= 2))
  t.equal(sizes.at(-1), 1)
})

t.test('closed pipes freeze as silence does', async (t) => {
  const { roll, fleet } = createFleet(10)
  for (const [pipe] of fleet.slice(0, 6)) roll.detach(pipe)
  roll.pass(5_000)
  t.ok(roll.registry.isFrozen)
  t.equal(roll.list('web').length, 10)
})

t.test('members of a cluster, who are on the roll as services too, freeze it as any others', async (t) => {
  const roll = createRoll()
  const members = Array.from({ length: 6 }, (_, i) => {
    const id = `i${i}`
    return [roll.attach(), line(id), line(id, { kind: 'member', address: `tcp://10.0.0.2:${i + 1}` })] as const
  })
  for (let i = 0; i < 4; i += 1) roll.round(members)
  t.equal(roll.registry.counts.alive, 12)
  roll.round(members.slice(4))
  t.ok(roll.registry.isFrozen, 'four of six are silent')
  for (let i = 0; i < 4; i += 1) roll.round(members.slice(4))
  t.equal(roll.list('web').length, 6)
})

t.test('half is not more than half, and below five there is no freeze', async (t) => {
  const half = createFleet(10)
  for (const [pipe] of half.fleet.slice(0, 5)) half.roll.detach(pipe)
  half.roll.pass(600)
  t.equal(half.roll.list('web').length, 5)
  const small = createFleet(4)
  for (const [pipe] of small.fleet) small.roll.detach(pipe)
  small.roll.pass(600)
  t.equal(small.roll.list('web').length, 0)
})

t.test('those who say that they leave are believed, also in a freeze', async (t) => {
  const { roll, fleet } = createFleet(10)
  for (const [pipe] of fleet.slice(0, 6)) roll.detach(pipe)
  t.ok(roll.registry.isFrozen)
  const [last] = fleet.slice(-1)
  if (last) roll.hear(last[0])
  t.equal(roll.list('web').length, 9)
})

t.test('suspicions spread over more than two seconds are no common cause', async (t) => {
  const { roll, fleet } = createFleet(10)
  for (const [pipe] of fleet.slice(0, 3)) roll.detach(pipe)
  roll.round(fleet.slice(3))
  roll.round(fleet.slice(3))
  roll.round(fleet.slice(3))
  for (const [pipe] of fleet.slice(3, 6)) roll.detach(pipe)
  roll.pass(600)
  t.notOk(roll.registry.isFrozen)
  t.equal(roll.list('web').length, 4)
})

t.test('a fleet that comes back as new processes ends the freeze as soon as most of it is back', async (t) => {
  const { roll, fleet } = createFleet(10)
  for (const [pipe] of fleet) roll.detach(pipe)
  t.ok(roll.registry.isFrozen)
  const comeBack = (i: number) => roll.hear(roll.attach(), line(`i0${i}`, { boot: 'b2' }))
  for (let i = 0; i < 5; i += 1) comeBack(i)
  t.ok(roll.registry.isFrozen, 'half is not more than half')
  comeBack(5)
  t.notOk(roll.registry.isFrozen)
})

t.test('a restart of one after the other is no common cause', async (t) => {
  const { roll, fleet } = createFleet(10)
  for (const [pipe, text] of fleet) {
    roll.detach(pipe)
    roll.pass(100)
    roll.hear(roll.attach(), text)
    roll.pass(50)
  }
  t.equal(roll.registry.counts.freezes, 0)
})

t.test('a freeze whose victims have all said that they leave is over', async (t) => {
  const { roll, fleet } = createFleet(10)
  const silent = fleet.slice(0, 6)
  roll.round(fleet.slice(6))
  t.ok(roll.registry.isFrozen)
  for (const [pipe] of silent) roll.hear(pipe)
  t.notOk(roll.registry.isFrozen)
  t.equal(roll.list('web').length, 4)
})

t.test('a freeze shorter than the misses is followed by a fifth in each round all the same', async (t) => {
  const roll = createRoll({ freezeMs: 1_500 })
  const fleet = Array.from({ length: 10 }, (_, i) => [roll.attach(), line(`i${i}`)] as const)
  for (let i = 0; i < 4; i += 1) roll.round(fleet)
  const sizes: number[] = []
  for (let i = 0; i < 12; i += 1) {
    roll.round(fleet.slice(8))
    sizes.push(roll.list('web').length)
  }
  t.ok(
    sizes.every((size, i) => (sizes[i - 1] ?? 10) - size <= 2),
    sizes.join(),
  )
  t.equal(sizes.at(-1), 2)
})

t.test('the grace of one is not lengthened by another that comes and goes', async (t) => {
  const roll = createRoll()
  const restless = roll.attach()
  const other = roll.attach()
  roll.hear(restless, line('a'))
  roll.hear(other, line('b'))
  roll.registry.detach(restless, roll.nowMs)
  const again = roll.attach()
  roll.hear(again, line('a'))
  roll.registry.detach(other, roll.nowMs)
  roll.registry.detach(again, roll.nowMs + 400)
  roll.registry.advance(roll.nowMs + 500)
  t.same(roll.list('web'), ['suspect a'])
})
