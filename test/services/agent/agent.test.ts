import type { Test } from 'tap'
import t from 'tap'
import type { Membership, ProviderStatus } from '../../../messaging/index.ts'
import { startAgent } from '../../../services/agent/agent.ts'
import type { Program } from '../../../services/agent/program.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'

interface WorldOptions {
  /** The agent stands beside a program that it did not start. */
  readonly isSidecar?: boolean
  readonly graceMs?: number
  readonly joinFails?: boolean
}

/** A program and a roll that do what the test says; what happens to them, in order, stands in `story`. */
function openWorld(t: Test, { isSidecar = false, graceMs = 10_000, joinFails = false }: WorldOptions = {}) {
  const clock = createFakeClock()
  const story: string[] = []
  let found: ProviderStatus | 'refused' = 'refused'
  let connections = 0
  let resolveEnded: (code: number) => void = () => {}
  let hasEnded = false
  const program: Program = {
    ended: new Promise((resolve) => (resolveEnded = resolve)),
    get hasEnded() {
      return hasEnded
    },
    send: (signal) => void story.push(signal),
  }
  const membership: Pick<Membership, 'update' | 'leave'> = {
    update: ({ status }) => void story.push(`status ${status}`),
    leave: async () => void story.push('left'),
  }
  const agent = startAgent({
    program: isSidecar ? undefined : program,
    probes: [
      async () => {
        if (found === 'refused') throw new Error('refused')
        return found === 'warning' ? 'warning' : 'passing'
      },
    ],
    timing: { intervalMs: 1_000, timeoutMs: 500, rise: 1, fall: 2 },
    join: async () => {
      if (joinFails) throw new Error('no key')
      story.push('joined')
      return Object.assign(Object.create(null), membership)
    },
    connections: () => connections,
    graceMs,
    clock,
    log: { debug() {}, info() {}, warn: (_fields, message) => void story.push(message) },
  })
  let outcome: number | string | undefined
  agent.ended.then(
    (code) => (outcome = code),
    (error: unknown) => (outcome = String(error)),
  )
  t.teardown(() => {
    if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`)
  })
  return {
    agent,
    story,
    pass: (ms: number) => clock.advanceAsync(ms),
    become: (status: ProviderStatus | 'refused') => void (found = status),
    connect: (count: number) => void (connections = count),
    async endProgram(code: number) {
      hasEnded = true
      resolveEnded(code)
      await clock.advanceAsync(0)
    },
    outcome: () => outcome,
  }
}

t.test('a program is on the roll once it is well, and not before', async (t) => {
  const world = openWorld(t)
  await world.pass(5_000)
  t.same(world.story, [])
  world.become('passing')
  await world.pass(250)
  t.same(world.story, ['joined', 'status passing'])
  await world.endProgram(0)
})

t.test('its status is what its checks come to', async (t) => {
  const world = openWorld(t)
  world.become('passing')
  await world.pass(250)
  world.become('refused')
  await world.pass(1_000)
  t.same(world.story.slice(2), [], 'one failed check is none')
  await world.pass(1_000)
  world.become('warning')
  await world.pass(1_000)
  t.same(world.story.slice(2), ['status critical', 'status warning'])
  await world.endProgram(0)
})

t.test('one that never opens its port is told of, and is never on the roll', async (t) => {
  const world = openWorld(t)
  await world.pass(60_000)
  t.same(world.story, ['not on the roll yet: its checks have not passed'])
  world.agent.end('SIGTERM')
  await world.pass(0)
  t.same(world.story.slice(1), ['SIGTERM'], 'nobody was told of it: it is ended at once')
  await world.endProgram(143)
  t.equal(world.outcome(), 143)
})

t.test('asked to end, it leaves the roll, lets what is in flight end, and then tells the program', async (t) => {
  const world = openWorld(t)
  world.become('passing')
  await world.pass(250)
  world.connect(2)
  world.agent.end('SIGTERM')
  await world.pass(1_000)
  t.same(world.story.slice(2), ['left'])
  world.connect(0)
  await world.pass(100)
  t.same(world.story.slice(2), ['left', 'SIGTERM'])
  t.equal(world.outcome(), undefined)
  await world.endProgram(7)
  t.equal(world.outcome(), 7)
})

t.test(
  'connections that do not end are left after half of the grace, and a program that does not end is killed after it',
  async (t) => {
    const world = openWorld(t, { graceMs: 4_000 })
    world.become('passing')
    await world.pass(250)
    world.connect(1)
    world.agent.end('SIGINT')
    await world.pass(2_000)
    t.same(world.story.slice(2), ['left', 'stopped with connections open', 'SIGINT'])
    await world.pass(2_000)
    t.match(world.story.slice(5), [/^killed/, 'SIGKILL'])
    await world.endProgram(137)
    t.equal(world.outcome(), 137)
  },
)

t.test('who asks twice does not want to wait', async (t) => {
  const world = openWorld(t)
  world.become('passing')
  await world.pass(250)
  world.connect(1)
  world.agent.end('SIGTERM')
  await world.pass(200)
  world.agent.end('SIGINT')
  t.same(world.story.slice(2), ['left', 'SIGINT'])
  await world.endProgram(130)
  await world.pass(100)
  t.equal(world.outcome(), 130)
})

t.test('a program that ends by itself takes its agent with it, off the roll first', async (t) => {
  const world = openWorld(t)
  world.become('passing')
  await world.pass(250)
  await world.endProgram(3)
  t.same(world.story.slice(2), ['left'])
  t.equal(world.outcome(), 3)
})

t.test('beside a program it has nothing to end but its word', async (t) => {
  const world = openWorld(t, { isSidecar: true })
  world.become('passing')
  await world.pass(250)
  world.agent.end('SIGTERM')
  await world.pass(0)
  t.same(world.story.slice(2), ['left'])
  t.equal(world.outcome(), 0)
})

t.test('a program that cannot be put on the roll is not left running', async (t) => {
  const world = openWorld(t, { joinFails: true })
  world.become('passing')
  await world.pass(250)
  t.same(world.story, ['SIGTERM'])
  await world.endProgram(143)
  t.equal(world.outcome(), 'Error: no key')
})
