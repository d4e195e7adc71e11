// The heartbeat over a simulated network: what the registry knows, and when, in rounds.

import type { Test } from 'tap'
import t from 'tap'
import type { FinishedRound } from '../../discovery/survey-loop.ts'
import { openLagProbe } from '../../discovery/lag-probe.ts'
import { createRegistry } from '../../discovery/registry/registry.ts'
import { SurveyLoop } from '../../discovery/survey-loop.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'
import { createFakeClock } from '../fixtures/fake-clock.ts'
import { createSimNetwork } from '../fixtures/sim-network.ts'

interface WorldOptions {
  readonly intervalMs?: number
  readonly deadlineMs?: number
}

async function openWorld(t: Test, { intervalMs = 1_000, deadlineMs = 500 }: WorldOptions = {}) {
  const clock = createFakeClock()
  const network = createSimNetwork(clock)
  const registry = createRegistry({ random: () => 0.5 })
  const rounds: FinishedRound[] = []
  const refused: string[] = []
  const lag = openLagProbe(clock)
  const engine = createSpEngine({ clock, random: () => 0.5, transports: [network.transport('daemon')] })
  const surveyor = engine.createSurveyor({
    onAttach: (pipe) => loop.attached(pipe),
    onDetach: (pipe) => loop.detached(pipe),
    onLate: (pipe) => pipe && loop.askAlone(pipe),
  })
  const loop = new SurveyLoop({
    surveyor,
    registry,
    clock,
    lag,
    intervalMs,
    deadlineMs,
    hasPipes: true,
    onRound: (round) => void rounds.push(round),
    onRefused: (_pipe, lines) => void refused.push(...lines.map(({ reason }) => reason)),
  })
  await engine.listen('sim://daemon:1', surveyor)
  loop.start()
  const engines = [engine]

  async function addService(id: string, answer: () => string | undefined = () => `web|tcp://${id}:80`) {
    const own = createSpEngine({
      clock,
      random: () => 0.5,
      lookup: (name) => Promise.resolve([name]),
      transports: [network.transport(id)],
    })
    engines.push(own)
    let asked = 0
    own.dial(
      'sim://daemon:1',
      own.createRespondent(() => {
        asked += 1
        const text = answer()
        return text === undefined ? undefined : Buffer.from(text)
      }),
    )
    await clock.advanceAsync(8)
    return { asked: () => asked, engine: own }
  }
  t.teardown(async () => {
    loop.close()
    lag.close()
    await Promise.all(engines.map((each) => each.close()))
    await clock.advanceAsync(20)
    if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`)
  })
  const list = () => registry.instances('web').map(({ state, host }) => `${state} ${host}`)
  return { clock, network, registry, rounds, refused, loop, addService, list }
}

t.test('a service is on the roll one round trip after it connects, whenever that is', async (t) => {
  const { clock, addService, list } = await openWorld(t)
  await clock.advanceAsync(300)
  await addService('a')
  t.same(list(), ['alive a'])
})

t.test('rounds start an interval apart, and end when everyone has answered', async (t) => {
  const { clock, rounds, addService } = await openWorld(t)
  await addService('a')
  await clock.advanceAsync(5_000)
  t.same(
    rounds.slice(1, 5).map(({ startedAtMs, endedAtMs }) => [startedAtMs, endedAtMs]),
    [1_000, 2_000, 3_000, 4_000].map((startMs) => [startMs, startMs + 2]),
  )
})

t.test('where the deadline exceeds the interval, a round starts when the last has ended', async (t) => {
  const { clock, rounds, addService } = await openWorld(t, { intervalMs: 2_000, deadlineMs: 5_000 })
  await addService('mute', () => undefined)
  await clock.advanceAsync(16_000)
  t.same(
    rounds.slice(1).map(({ startedAtMs }) => startedAtMs),
    [2_000, 7_000],
    'and the one after waits for its own end',
  )
})

t.test('a hang is suspect within 1.5 s and gone within 3.5 s', async (t) => {
  const { clock, network, addService, list } = await openWorld(t)
  await addService('a')
  await clock.advanceAsync(990)
  network.stop('a')
  await clock.advanceAsync(1_500 - 990 + 8)
  t.same(list(), ['suspect a'])
  await clock.advanceAsync(2_000)
  t.same(list(), [])
})

t.test('a suspect is asked again before the next round, and is back as soon as it answers', async (t) => {
  const { clock, network, addService, list } = await openWorld(t)
  await addService('a')
  await clock.advanceAsync(980)
  network.lose('daemon', 'a', 1)
  await clock.advanceAsync(540)
  t.same(list(), ['alive a'], 'one lost question: suspect for two milliseconds')
  await clock.advanceAsync(5_000)
  t.same(list(), ['alive a'])
})

t.test('one that is stopped and goes on is back with its first late answer', async (t) => {
  const { clock, network, addService, list } = await openWorld(t)
  await addService('a')
  await clock.advanceAsync(900)
  network.stop('a')
  await clock.advanceAsync(20_000)
  t.same(list(), [])
  network.resume('a')
  await clock.advanceAsync(5)
  t.same(list(), ['alive a'])
})

t.test('a killed one is suspect at once and gone after the grace', async (t) => {
  const { clock, network, addService, list } = await openWorld(t)
  await addService('a')
  const { engine } = await addService('b')
  await clock.advanceAsync(100)
  network.kill('b')
  const closed = engine.close()
  await clock.advanceAsync(1)
  t.same(list(), ['alive a', 'suspect b'])
  await clock.advanceAsync(499)
  t.same(list(), ['alive a', 'suspect b'])
  await clock.advanceAsync(1)
  t.same(list(), ['alive a'])
  await closed
})

t.test('a question that is put while another is open is put again after it', async (t) => {
  const { clock, registry, loop, addService } = await openWorld(t)
  let weight = 1
  const { asked } = await addService('a', () => `{"service":"web","id":"a","address":"tcp://a:80","weight":${weight}}`)
  const [pipe] = registry.pipesOf('a')
  if (!pipe) throw new Error('no pipe')
  const before = asked()
  loop.askAlone(pipe)
  weight = 2
  for (let i = 0; i < 50; i += 1) loop.askAlone(pipe)
  await clock.advanceAsync(10)
  t.equal(asked() - before, 2, 'fifty hints are one more question')
  t.equal(registry.instances('web')[0]?.weight, 2)
})

t.test('lines that are refused are told of, and cost no good one', async (t) => {
  const { clock, refused, addService, list } = await openWorld(t)
  await addService('a', () => 'web|tcp://a:80\nnot a line\n{"service":"web"}')
  await clock.advanceAsync(10)
  t.same(list(), ['alive a'])
  t.ok(refused.length >= 2)
})

t.test('a round in which the daemon itself was stopped is held against nobody', async (t) => {
  const { clock, network, rounds, addService, list } = await openWorld(t)
  await addService('a')
  await clock.advanceAsync(2_100)
  // As after SIGSTOP in the middle of a round: timers run first, and what came meanwhile is read after them.
  network.delayMs = 20
  await clock.advanceAsync(900 + 10)
  network.stop('daemon')
  clock.jump(10_000)
  await clock.advanceAsync(0)
  network.resume('daemon')
  await clock.advanceAsync(3_000)
  t.ok(
    rounds.some(({ isLagged }) => isLagged),
    'a round was lagged',
  )
  t.notOk(
    rounds.some(({ isLagged, missed }) => isLagged && missed.length > 0),
    'and nobody missed it',
  )
  t.same(list(), ['alive a'])
})
