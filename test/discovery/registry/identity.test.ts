import t from 'tap'
import { Identity } from '../../../discovery/registry/identity.ts'
import { Roster } from '../../../discovery/registry/roster.ts'
import { readAnswer } from '../../../messaging/roll/answer.ts'
import { createRoll, line } from '../../fixtures/roll.ts'

t.test('a line without an id is known by its address', async (t) => {
  const roll = createRoll()
  roll.hear(roll.attach(), 'web|tcp://10.0.0.7:80')
  t.same(roll.list('web'), ['alive tcp://10.0.0.7:80'])
})

t.test('the same process on a new pipe is spoken for by the new one, without a gap', async (t) => {
  const roll = createRoll()
  const first = roll.attach()
  roll.hear(first, line('a'))
  const second = roll.attach()
  roll.hear(second, line('a'))
  roll.detach(first)
  roll.pass(5_000)
  t.same(roll.list('web'), ['alive a'])
  t.same(roll.changes(), ['joined a'], 'nothing happened to it')
})

t.test('two pipes of one process do not flap, and the older takes over when the newer closes', async (t) => {
  const roll = createRoll()
  const first = roll.attach()
  const second = roll.attach()
  roll.hear(first, line('a'))
  roll.hear(second, line('a'))
  for (let i = 0; i < 5; i += 1)
    roll.round([
      [second, line('a')],
      [first, line('a')],
    ])
  roll.detach(second)
  t.same(roll.list('web'), ['alive a'])
  t.same(roll.registry.takeQuestions(), [first], 'asked at once whether it still speaks for it')
  roll.pass(5_000)
  t.same(roll.changes(), ['joined a'])
})

t.test('a pipe that a lost network left hanging speaks for nobody when the newer closes', async (t) => {
  const roll = createRoll()
  const hanging = roll.attach()
  const newer = roll.attach()
  roll.hear(hanging, line('a'))
  roll.hear(newer, line('a'))
  roll.round([[newer, line('a')]])
  roll.detach(newer)
  t.same(roll.list('web'), ['suspect a'], 'at once, and not with the next round')
  t.same(roll.registry.takeQuestions(), [hanging], 'which is asked all the same')
  roll.hear(hanging, line('a'))
  t.same(roll.list('web'), ['alive a'], 'and may know better')
})

t.test('a plain line on a second pipe is the same provider, since its place is', async (t) => {
  const roll = createRoll()
  const first = roll.attach()
  const second = roll.attach()
  roll.hear(first, 'web|tcp://10.0.0.7:80')
  roll.hear(second, 'web|tcp://10.0.0.7:80')
  roll.detach(first)
  roll.pass(5_000)
  t.same(roll.list('web'), ['alive tcp://10.0.0.7:80'])
})

t.test('a restart whose old pipe is closed takes its place at once', async (t) => {
  const roll = createRoll()
  const before = roll.attach()
  roll.hear(before, line('a'))
  roll.detach(before)
  roll.hear(roll.attach(), line('a', { boot: 'b2' }))
  t.same(roll.list('web'), ['alive a'])
  t.equal(roll.registry.counts.conflicts, 0)
})

t.test(
  'a restart whose old pipe hangs takes its place when that misses the question it is asked at once',
  async (t) => {
    const roll = createRoll()
    const hanging = roll.attach()
    roll.hear(hanging, line('a', { zone: 'old' }))
    const restarted = roll.attach()
    roll.hear(restarted, line('a', { boot: 'b2', zone: 'new' }))
    t.equal(roll.registry.instances('web')[0]?.zone, 'old', 'not before it is settled')
    t.same(roll.registry.takeQuestions(), [hanging])
    roll.pass(500)
    roll.registry.missAlone(hanging, roll.nowMs)
    t.equal(roll.registry.instances('web')[0]?.zone, 'new')
    t.same(roll.list('web'), ['alive a'])
    t.equal(roll.registry.counts.conflicts, 0)
  },
)

t.test('when both answer, both stay, the second as id~2, counted and shown', async (t) => {
  const roll = createRoll()
  const one = roll.attach()
  const other = roll.attach()
  const otherLine = line('a', { boot: 'b2', address: 'tcp://10.0.0.2:80' })
  roll.hear(one, line('a'))
  roll.pass(10)
  roll.hear(other, otherLine)
  roll.pass(10)
  roll.hear(one, line('a'))
  t.same(roll.list('web'), ['alive a', 'alive a~2'])
  t.equal(roll.registry.counts.conflicts, 1)
  t.ok(roll.registry.instances('web').every(({ conflict }) => conflict))
  for (let i = 0; i < 3; i += 1)
    roll.round([
      [other, otherLine],
      [one, line('a')],
    ])
  t.same(roll.list('web'), ['alive a', 'alive a~2'], 'and it stays so')
  roll.hear(other, line('a', { boot: 'b2', address: 'tcp://10.0.0.2:80', weight: 7 }))
  t.same(roll.list('web'), ['alive a', 'alive a~2'], 'also when what it says changes')
  t.equal(roll.registry.counts.conflicts, 1)
})

t.test('on a many pipe a restart takes over, and two that are heard in one round are two', async (t) => {
  const roll = createRoll()
  const many = roll.attach({ isMany: true })
  const old = line('a')
  const restarted = line('a', { boot: 'b2', zone: 'new' })
  roll.round([[many, old]])
  roll.round([[many, restarted]])
  t.same(roll.list('web'), ['alive a'])
  t.equal(roll.registry.instances('web')[0]?.zone, 'new')
  roll.round([
    [many, restarted],
    [many, line('a', { address: 'tcp://10.0.0.2:80' })],
  ])
  t.same(roll.list('web'), ['alive a', 'alive a~2'])
})

t.test('its own word beats one given for it, and its silence counts whoever else speaks', async (t) => {
  const roll = createRoll()
  const watcher = roll.attach()
  const own = roll.attach()
  const given = line('c1', { address: 'tcp://10.0.0.5:80', by: 'watcher' })
  const said = line('web-1', { address: 'tcp://10.0.0.5:80' })
  roll.hear(watcher, given)
  t.equal(roll.registry.instances('web')[0]?.by, 'watcher')
  roll.hear(own, said)
  t.same(roll.list('web'), ['alive web-1'], 'one provider')
  roll.round([
    [watcher, given],
    [own, said],
  ])
  t.same(roll.list('web'), ['alive web-1'])
  roll.round([[watcher, given]])
  t.same(roll.list('web'), ['suspect web-1'])
})

t.test('another id at the same place from a newer pipe is a program that was renamed', async (t) => {
  const roll = createRoll()
  const before = roll.attach()
  const after = roll.attach()
  roll.hear(before, line('old', { address: 'tcp://10.0.0.5:80' }))
  roll.hear(after, line('new', { address: 'tcp://10.0.0.5:80', boot: 'b2' }))
  for (let i = 0; i < 3; i += 1)
    roll.round([
      [before, line('old', { address: 'tcp://10.0.0.5:80' })],
      [after, line('new', { address: 'tcp://10.0.0.5:80', boot: 'b2' })],
    ])
  t.same(roll.list('web'), ['alive new'])
  t.same(roll.changes(), ['joined old', 'left old', 'joined new'])
})

t.test('a changed line is an update, and only its static part is', async (t) => {
  const roll = createRoll()
  const pipe = roll.attach()
  roll.hear(pipe, line('a'))
  roll.hear(pipe, `${line('a')}\t{"load":0.5,"inflight":3}`)
  t.match(roll.registry.instances('web')[0], { load: 0.5, inflight: 3 })
  roll.hear(pipe, line('a', { weight: 5 }))
  roll.hear(pipe, line('a', { weight: 5, status: 'draining' }))
  t.same(roll.changes(), ['joined a', 'updated a', 'draining a'])
  t.equal(roll.registry.instances('web')[0]?.load, undefined, 'what is no longer said is no longer known')
})

t.test('an empty host is what is seen at the other end of the pipe', async (t) => {
  const roll = createRoll({ gateways: new Set(['172.18.0.1']) })
  const places = [
    ['10.0.0.9', 'tcp://0.0.0.0:80', 'tcp://10.0.0.9:80', false],
    ['172.18.0.1', 'tcp://*:81', 'tcp://172.18.0.1:81', true],
    ['127.0.0.1', 'tcp://:82', 'tcp://127.0.0.1:82', true],
    ['fe80::1', 'tcp://[::]:83', 'tcp://[fe80::1]:83', true],
    ['10.0.0.9', 'tcp://127.0.0.1:84', 'tcp://127.0.0.1:84', true],
    ['127.0.0.1', 'tcp://127.0.0.1:85', 'tcp://127.0.0.1:85', false],
    ['10.0.0.9', 'tcp://10.9.9.9:86', 'tcp://10.9.9.9:86', false],
  ] as const
  for (const [remote, said, address, unsure] of places) {
    const pipe = roll.attach({ remote })
    roll.hear(pipe, `web|${said}`)
    const found = roll.registry.instances('web').find((instance) => instance.address === address)
    t.equal(found?.unsure, unsure, `${said} from ${remote} is ${address}`)
  }
})

t.test('a line without a host on a pipe that shows none is refused, and costs no other line', async (t) => {
  const roll = createRoll()
  const pipe = { id: 0, isMany: true, remote: undefined, local: undefined }
  const answer = readAnswer(Buffer.from('web|tcp://*:80\nweb|tcp://10.0.0.7:80'))
  const refused = roll.registry.hear(pipe, answer, { nowMs: roll.nowMs, roundTripMs: 0, round: 1 })
  t.match(refused, [{ reason: 'no-host', excerpt: 'web|tcp://*:80' }])
  t.same(roll.list('web'), ['alive tcp://10.0.0.7:80'])
})

t.test('a hint finds the pipes of an id, of a name and of a speaker', async (t) => {
  const roll = createRoll()
  const one = roll.attach()
  const two = roll.attach()
  roll.hear(one, line('a'))
  roll.hear(two, line('b', { by: 'watcher-1' }), line('c', { by: 'watcher-1' }))
  t.same(roll.registry.pipesOf('a'), [one])
  t.same(roll.registry.pipesOf('watcher-1'), [two])
  t.same(roll.registry.pipesOf('web'), [one, two])
  t.same(roll.registry.pipesOf('nobody'), [])
  roll.detach(one)
  t.same(roll.registry.pipesOf('a'), [])
})

t.test('a line given twice in one answer counts once', async (t) => {
  const roll = createRoll()
  const pipe = roll.attach()
  roll.hear(pipe, line('a'), line('b'))
  roll.hear(pipe, line('a'), line('a'))
  t.same(roll.list('web'), ['alive a'], 'the other one has left')
})

/** Two living processes that claim one id, each heard on a pipe of its own. */
function createConflict() {
  const roll = createRoll()
  const one = roll.attach()
  const other = roll.attach()
  const otherLine = line('a', { boot: 'b2', address: 'tcp://10.0.0.2:80' })
  roll.hear(one, line('a'))
  roll.pass(10)
  roll.hear(other, otherLine)
  roll.pass(10)
  roll.hear(one, line('a'))
  roll.registry.takeQuestions()
  return { roll, one, other, otherLine }
}

t.test('a conflict is over when one of the two has left', async (t) => {
  const { roll, one } = createConflict()
  t.equal(roll.registry.counts.conflicts, 1)
  roll.hear(one)
  t.same(roll.list('web'), ['alive a~2'])
  t.equal(roll.registry.counts.conflicts, 0)
  t.notOk(roll.registry.instances('web')[0]?.conflict)
})

t.test('a second pipe or a changed line of one in conflict is no third claim', async (t) => {
  const { roll, other, otherLine } = createConflict()
  const third = roll.attach()
  roll.hear(third, otherLine)
  t.same(roll.registry.takeQuestions(), [], 'nothing is contested')
  roll.detach(other)
  roll.hear(third, line('a', { boot: 'b2', address: 'tcp://10.0.0.2:80', weight: 7 }))
  t.same(roll.list('web'), ['alive a', 'alive a~2'])
  t.equal(roll.registry.instances('web')[1]?.weight, 7)
  t.equal(roll.registry.counts.conflicts, 1)
})

t.test('its own word beats one given for it also under the same id, without a conflict', async (t) => {
  for (const isOwnFirst of [true, false]) {
    const roll = createRoll()
    const watcher = [roll.attach(), line('a', { by: 'watcher', boot: undefined })] as const
    const own = [roll.attach(), line('a')] as const
    for (let i = 0; i < 3; i += 1) roll.round(isOwnFirst ? [own, watcher] : [watcher, own])
    t.same(roll.list('web'), ['alive a'])
    t.equal(roll.registry.instances('web')[0]?.by, undefined)
    t.equal(roll.registry.counts.conflicts, 0)
    roll.round([watcher])
    t.same(roll.list('web'), ['suspect a'], 'its own silence counts')
  }
})

t.test('one answer that names an id twice names two at two places, and one at one', async (t) => {
  const roll = createRoll()
  const pipe = roll.attach()
  const lines = [
    '{"service":"web","id":"a","address":"tcp://10.0.0.1:80"}',
    '{"service":"web","id":"a","address":"tcp://10.0.0.2:80"}',
    '{"service":"web","id":"a","address":"tcp://10.0.0.1:80","zone":"eu"}',
  ]
  for (let i = 0; i < 3; i += 1) roll.hear(pipe, ...lines)
  t.same(roll.list('web'), ['alive a', 'alive a~2'])
  t.same(roll.changes(), ['joined a', 'joined a~2'], 'and it stays so')
})

t.test('an older pipe of a process speaks for it when the newest falls silent', async (t) => {
  const roll = createRoll()
  const older = roll.attach()
  const newest = roll.attach()
  roll.hear(older, line('a'))
  roll.hear(newest, line('a'))
  roll.round([[older, line('a')]])
  t.same(roll.registry.takeQuestions().length, 2, 'all who could say that it lives')
  for (let i = 0; i < 6; i += 1) roll.round([[older, line('a')]])
  t.same(roll.list('web'), ['alive a'])
  t.same(roll.changes(), ['joined a', 'suspected a', 'recovered a'])
  roll.hear(newest, line('a'))
  roll.detach(older)
  t.same(roll.list('web'), ['alive a'])
})

t.test('who moved to another pipe leaves it like anybody else', async (t) => {
  const roll = createRoll()
  const older = roll.attach()
  const newest = roll.attach()
  roll.hear(older, line('a'))
  roll.hear(newest, line('a'))
  // As many answers as the older one will have given when it no longer lists it.
  roll.hear(newest, line('a'))
  roll.detach(newest)
  t.same(roll.list('web'), ['alive a'])
  roll.hear(older)
  t.same(roll.list('web'), [])
})

t.test('on a many pipe two ids at one place do not take turns', async (t) => {
  const roll = createRoll()
  const many = roll.attach({ isMany: true })
  const first = [many, line('a', { address: 'tcp://127.0.0.1:80' })] as const
  const second = [many, line('b', { address: 'tcp://127.0.0.1:80', boot: 'b2' })] as const
  for (let i = 0; i < 4; i += 1) roll.round(i % 2 === 0 ? [first, second] : [second, first])
  t.same(roll.changes(), ['joined a'])
  roll.round([second])
  roll.round([second])
  t.same(roll.list('web'), ['alive b'], 'the other once the first is silent')
})

t.test('an answer to a question from before the challenge settles nothing', async (t) => {
  const roll = createRoll()
  const holder = roll.attach()
  const challenger = roll.attach()
  roll.hear(holder, line('a'))
  roll.pass(100)
  roll.hear(challenger, line('a', { boot: 'b2', address: 'tcp://10.0.0.2:80' }))
  roll.registry.takeQuestions()
  roll.pass(10)
  const answer = readAnswer(Buffer.from(line('a')))
  roll.registry.hear(holder, answer, { nowMs: roll.nowMs, roundTripMs: 50, round: undefined })
  t.same(roll.list('web'), ['alive a'])
  t.same(roll.registry.takeQuestions(), [holder], 'it is asked again')
  roll.registry.missAlone(holder, roll.nowMs)
  t.same(roll.list('web'), ['alive a'])
  t.equal(roll.registry.instances('web')[0]?.host, '10.0.0.2')
})

t.test('pipes that are closed are forgotten, however often a process dials anew', async (t) => {
  const pipeAt = (id: number) => ({ id, isMany: false, remote: undefined, local: undefined })
  const roster = new Roster({ misses: 3, freezeMs: 0, random: () => 0 })
  const identity = new Identity(roster, new Set())
  const [said] = readAnswer(Buffer.from(line('a'))).lines
  if (!said) throw new Error('no line')
  for (let id = 1; id <= 100; id += 1) {
    identity.take(roster.recordOf(pipeAt(id)), said, { nowMs: id, roundTripMs: 0, round: undefined })
    for (const { pipe } of roster.pipes.values()) if (pipe.id < id) roster.forgetPipe(pipe)
  }
  t.ok((roster.index.find('web', 'a')?.alternates.size ?? Infinity) <= 2)
})

t.test('of two ids at one place in one answer the first counts, and they do not take turns', async (t) => {
  const roll = createRoll()
  const pipe = roll.attach()
  for (let i = 0; i < 3; i += 1)
    roll.hear(pipe, line('a', { address: 'tcp://10.0.0.5:80' }), line('b', { address: 'tcp://10.0.0.5:80' }))
  t.same(roll.changes(), ['joined a'])
})
