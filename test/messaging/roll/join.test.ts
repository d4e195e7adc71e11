import t from 'tap'
import { join } from '../../../messaging/index.ts'
import type { JoinOptions } from '../../../messaging/index.ts'
import type { AnswerLine } from '../../../messaging/roll/answer.ts'
import { readAnswer } from '../../../messaging/roll/answer.ts'
import type { Engine, Pipe } from '../../../messaging/sp/index.ts'
import { createSpEngine } from '../../../messaging/sp/index.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'
import { createSimNetwork } from '../../fixtures/sim-network.ts'

type Test = Pick<typeof t, 'teardown'>

/** Names are the hosts of the simulated network. */
const lookup = (host: string) => Promise.resolve([host])

/** A machine `app` and any number of daemons, each a surveyor and a replier on one port, as the real one. */
function createWorld(t: Test) {
  const clock = createFakeClock()
  const network = createSimNetwork(clock)
  const engine = createSpEngine({ clock, lookup, transports: [network.transport('app')] })
  t.teardown(() => engine.close())

  async function openDaemon(host: string, answerHint?: (hint: string) => string | undefined) {
    const daemonEngine = createSpEngine({ clock, transports: [network.transport(host)] })
    t.teardown(() => daemonEngine.close())
    const hints: string[] = []
    const detached: Pipe[] = []
    const surveyor = daemonEngine.createSurveyor({ onDetach: (pipe) => void detached.push(pipe) })
    const replier = daemonEngine.createReplier((body) => {
      hints.push(body.toString())
      const reply = answerHint ? answerHint(body.toString()) : 'ok'
      return reply === undefined ? undefined : Buffer.from(reply)
    })
    await daemonEngine.listen(`sim://${host}:5555`, [surveyor, replier])
    async function ask(text = 'service query'): Promise<readonly (readonly AnswerLine[])[]> {
      const answers: (readonly AnswerLine[])[] = []
      const onAnswer = ({ body }: { readonly body: Buffer }) => void answers.push(readAnswer(body).lines)
      const round = surveyor.survey(Buffer.from(text), { deadlineMs: 100, onAnswer })
      await clock.advanceAsync(100)
      await round.outcome
      return answers
    }
    return { ask, hints, detached, surveyor }
  }

  async function joinAs(options: JoinOptions) {
    const membership = await join({ engine, clock, service: 'web', port: 8080, ...options })
    t.teardown(() => membership.close())
    await clock.advanceAsync(100)
    return membership
  }
  return { clock, network, openDaemon, joinAs }
}

t.test('who joins answers every daemon for itself, with the address that each of them reaches', async (t) => {
  const { openDaemon, joinAs } = createWorld(t)
  const [one, two] = [await openDaemon('d1'), await openDaemon('d2')]
  const membership = await joinAs({
    discovery: ['sim://d1:5555', 'sim://d2:5555'],
    load: () => 0.25,
    inflight: () => 3,
  })
  for (const daemon of [one, two]) {
    const answers = await daemon.ask()
    t.match(answers, [
      [{ provider: { service: 'web', id: /:8080$/, host: 'app', port: 8080 }, dynamic: { load: 0.25, inflight: 3 } }],
    ])
    t.match(answers[0]?.[0]?.provider.boot, /^\S{8,}$/)
  }
  t.match(membership, { service: 'web', id: /:8080$/, daemons: 2 })
  t.equal(membership.counts().questions, 2)
})

t.test('the static bytes of two answers are the same while nothing changes', async (t) => {
  const { openDaemon, joinAs } = createWorld(t)
  const daemon = await openDaemon('d1')
  let load = 0
  await joinAs({ discovery: ['sim://d1:5555'], load: () => (load += 0.1) })
  const [first] = await daemon.ask()
  const [second] = await daemon.ask()
  t.equal(first?.[0]?.text, second?.[0]?.text)
  t.not(first?.[0]?.dynamic?.load, second?.[0]?.dynamic?.load)
})

t.test('everything of the environment is told, and what the program says wins', async (t) => {
  const { openDaemon, joinAs } = createWorld(t)
  const daemon = await openDaemon('d1')
  const env = {
    DISCOVERY_HOST: 'elsewhere',
    SERVICE_NAME: 'Web',
    SERVICE_PORT: '1',
    SERVICE_HOST: '10.0.0.9',
    SERVICE_PROTOCOL: 'http',
    SERVICE_ID: 'web-7',
    SERVICE_ZONE: 'eu-1a',
    SERVICE_VERSION: '1.2.3',
    SERVICE_TAGS: 'canary,blue',
    SERVICE_WEIGHT: '10',
    SERVICE_META_COMMIT: 'abc',
  }
  await joinAs({ env, discovery: ['sim://d1:5555'], port: 8080, meta: { shard: '2' } })
  t.match(await daemon.ask(), [
    [
      {
        provider: {
          service: 'web',
          id: 'web-7',
          protocol: 'http',
          host: '10.0.0.9',
          port: 8080,
          zone: 'eu-1a',
          version: '1.2.3',
          tags: ['canary', 'blue'],
          weight: 10,
          meta: { commit: 'abc', shard: '2' },
        },
      },
    ],
  ])
})

t.test('any other question gets no answer and is counted', async (t) => {
  const { openDaemon, joinAs } = createWorld(t)
  const daemon = await openDaemon('d1')
  const membership = await joinAs({ discovery: ['sim://d1:5555'] })
  // A surveyor asks no more than three questions that nobody answers.
  for (const text of ['service query!', 'x'.repeat(5000)]) t.same(await daemon.ask(text), [])
  t.equal(membership.counts().unknownQuestions, 2)
  t.equal((await daemon.ask('service query\0')).length, 1)
})

t.test('a change is told with the next answer, and every daemon is hinted at once', async (t) => {
  const { clock, openDaemon, joinAs } = createWorld(t)
  const [one, two] = [await openDaemon('d1'), await openDaemon('d2')]
  const membership = await joinAs({ discovery: ['sim://d1:5555', 'sim://d2:5555'], id: 'web-1' })
  membership.update({ status: 'draining', weight: 0 })
  membership.update({ tags: ['b'], meta: { a: '1' }, version: '2.0.0' })
  await clock.advanceAsync(10)
  t.same([one.hints, two.hints], [['ask web-1'], ['ask web-1']])
  t.match(await one.ask(), [
    [{ provider: { status: 'draining', weight: 0, tags: ['b'], meta: { a: '1' }, version: '2.0.0' } }],
  ])
})

t.test('an update that changes nothing is no change', async (t) => {
  const { clock, openDaemon, joinAs } = createWorld(t)
  const daemon = await openDaemon('d1')
  const membership = await joinAs({ discovery: ['sim://d1:5555'], version: '1.0.0' })
  membership.update({ version: '1.0.0', status: 'passing' })
  await clock.advanceAsync(10)
  t.same(daemon.hints, [])
})

t.test('a change that cannot be told is refused, and what was told before stays', async (t) => {
  const { openDaemon, joinAs } = createWorld(t)
  const daemon = await openDaemon('d1')
  const membership = await joinAs({ discovery: ['sim://d1:5555'], tags: ['a'] })
  t.throws(() => membership.update({ tags: ['!a'] }), { code: 'NAME_INVALID', message: /tags/ })
  t.throws(() => membership.update({ weight: -1 }), { code: 'NAME_INVALID', message: /weight/ })
  t.throws(
    () =>
      membership.update({ meta: Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`k${n}`, 'x'.repeat(1000)])) }),
    {
      code: 'ANSWER_TOO_LARGE',
    },
  )
  t.match(await daemon.ask(), [[{ provider: { tags: ['a'], weight: 1, meta: {} } }]])
})

t.test('a hint that is refused or not answered is counted and costs nothing', async (t) => {
  const { clock, openDaemon, joinAs } = createWorld(t)
  await openDaemon('d1', () => 'error unknown-id nobody')
  const mute = await openDaemon('d2', () => undefined)
  const membership = await joinAs({ discovery: ['sim://d1:5555', 'sim://d2:5555'] })
  membership.update({ weight: 2 })
  await clock.advanceAsync(1000)
  t.match(membership.counts(), { hints: 2, failedHints: 2 })
  t.match(await mute.ask(), [[{ provider: { weight: 2 } }]])
})

t.test('leaving hints, answers an empty roll to every daemon, and then closes', async (t) => {
  const { clock, openDaemon, joinAs } = createWorld(t)
  const [one, two] = [await openDaemon('d1'), await openDaemon('d2')]
  const membership = await joinAs({ discovery: ['sim://d1:5555', 'sim://d2:5555'], id: 'web-1' })
  let hasLeft = false
  const left = membership.leave().then(() => (hasLeft = true))
  await clock.advanceAsync(10)
  t.same([one.hints, two.hints], [['ask web-1'], ['ask web-1']])
  t.same(await one.ask(), [[]])
  t.notOk(hasLeft)
  t.equal(two.detached.length, 0)
  t.same(await two.ask(), [[]])
  await left
  await clock.advanceAsync(10)
  t.same([one.surveyor.pipes.size, two.surveyor.pipes.size], [0, 0])
  t.throws(() => membership.update({ weight: 2 }), { code: 'CLOSED' })
})

t.test('a daemon that does not ask is waited for 200 ms long', async (t) => {
  const { clock, openDaemon, joinAs } = createWorld(t)
  await openDaemon('d1')
  const membership = await joinAs({ discovery: ['sim://d1:5555'] })
  let hasLeft = false
  const left = membership.leave().then(() => (hasLeft = true))
  await clock.advanceAsync(199)
  t.notOk(hasLeft)
  await clock.advanceAsync(2)
  await left
  t.ok(hasLeft)
})

t.test('a daemon that goes away while it is told is not waited for', async (t) => {
  const { clock, network, openDaemon, joinAs } = createWorld(t)
  await openDaemon('d1')
  const membership = await joinAs({ discovery: ['sim://d1:5555'] })
  const left = membership.leave()
  network.kill('d1')
  await clock.advanceAsync(5)
  await left
  t.equal(membership.daemons, 0)
})

t.test('who never met a daemon leaves at once', async (t) => {
  const { joinAs } = createWorld(t)
  const membership = await joinAs({ discovery: ['sim://nowhere:5555'] })
  await membership.leave()
  t.equal(membership.daemons, 0)
})

t.test('close may come at any time, any number of times, and ends leaving', async (t) => {
  const { clock, openDaemon, joinAs } = createWorld(t)
  await openDaemon('d1')
  const membership = await joinAs({ discovery: ['sim://d1:5555'] })
  const left = membership.leave()
  await Promise.all([
    membership.close(),
    membership.close(),
    membership[Symbol.asyncDispose](),
    left,
    membership.leave(),
  ])
  await clock.advanceAsync(10)
  t.equal(clock.pending, 0)
})

t.test('a program that no daemon asks is told so once', async (t) => {
  const { clock, joinAs } = createWorld(t)
  const warnings: string[] = []
  const log = { debug() {}, info() {}, warn: (_: object, message: string) => void warnings.push(message) }
  await joinAs({ discovery: ['sim://nowhere:5555'], log })
  await clock.advanceAsync(20_000)
  t.match(warnings, [/no discovery daemon has asked yet/])
})

/** As npm nanomsg behind the same interface: it cannot tell pipes apart. */
function withoutPipes(engine: Engine): Engine {
  return {
    ...engine,
    features: { ...engine.features, pipeEvents: false, sharedPort: false },
    createRespondent: (handler) =>
      engine.createRespondent((body, { signal }) => handler(body, { pipe: undefined, signal })),
    createRequester() {
      throw new Error('there is nobody to hint')
    },
  }
}

t.test('on an engine without pipes the own address is found all the same, and nobody is hinted', async (t) => {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  let attached: () => void = () => {}
  const isThere = new Promise<void>((resolve) => (attached = resolve))
  const surveyor = engine.createSurveyor({ onAttach: () => attached() })
  const { address } = await engine.listen('tcp://127.0.0.1:0', surveyor)
  const clock = createFakeClock()
  const membership = await join({ engine: withoutPipes(engine), clock, discovery: [address], service: 'web', port: 80 })
  t.teardown(() => membership.close())
  await isThere
  const ask = async () => {
    for await (const { body } of surveyor.survey(Buffer.from('service query'), { deadlineMs: 5000 }))
      return readAnswer(body)
    return undefined
  }
  t.match(await ask(), { lines: [{ provider: { host: '127.0.0.1', port: 80 } }], refused: [] })
  t.equal(membership.daemons, undefined)
  membership.update({ weight: 2 })
  t.match(await ask(), { lines: [{ provider: { weight: 2 } }] })

  let hasLeft = false
  const left = membership.leave().then(() => (hasLeft = true))
  t.same(await ask(), { lines: [], refused: [] })
  t.same(await ask(), { lines: [], refused: [] }, 'nobody knows how many daemons there are: each is told')
  t.notOk(hasLeft)
  await clock.advanceAsync(200)
  await left
})

t.test('what is missing is one error that names every variable', async (t) => {
  await t.rejects(join(), {
    code: 'ENVIRONMENT_INVALID',
    message: /^DISCOVERY_HOST: not set.*SERVICE_NAME: not set.*SERVICE_PORT: not set/,
  })
  await t.rejects(join({ env: { DISCOVERY_HOST: 'd', SERVICE_NAME: 'web', SERVICE_PORT: '0' } }), {
    code: 'ENVIRONMENT_INVALID',
    message: /SERVICE_PORT: found "0"/,
  })
  await t.rejects(join({ discovery: ['d'], service: 'my.web', port: 1 }), {
    code: 'NAME_INVALID',
    message: /use "my-web"/,
  })
  await t.rejects(join({ discovery: ['a b'], service: 'web', port: 1 }), { code: 'ADDRESS_INVALID' })
  await t.rejects(join({ discovery: ['nope://x'], service: 'web', port: 1 }), { code: 'ADDRESS_INVALID' })
})
