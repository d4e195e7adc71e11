import type { Test } from 'tap'
import t from 'tap'
import type { Pipe } from '../../../messaging/sp/engine.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { backoffLimitMs, backoffMs } from '../../../messaging/sp/endpoints/backoff.ts'
import { createSilence } from '../../../messaging/sp/endpoints/silence.ts'
import { createRandom } from '../../fixtures/random.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'
import { createSimNetwork } from '../../fixtures/sim-network.ts'

const question = Buffer.from('who is here?')

/** Daemons and one respondent on a simulated network; names resolve as the test says. */
async function openWorld(t: Test, random = () => 0.5) {
  const clock = createFakeClock()
  const network = createSimNetwork(clock)
  const names = new Map<string, readonly string[]>()
  const closables: { close(): Promise<void> }[] = []

  async function addDaemon(host: string, { greets = false } = {}) {
    const engine = createSpEngine({ clock, random: () => 0.5, transports: [network.transport(host)] })
    const attached: Pipe[] = []
    const detached: string[] = []
    const surveyor = engine.createSurveyor({
      onAttach(pipe) {
        attached.push(pipe)
        // Not with the handshake in one segment.
        if (greets) clock.after(5, () => void surveyor.survey(question, { deadlineMs: 500, pipe }))
      },
      onDetach: (_pipe, reason) => void detached.push(reason),
    })
    await engine.listen(`sim://${host}:1`, surveyor)
    closables.push(engine)
    const ask = async () => {
      const round = surveyor.survey(question, { deadlineMs: 500 })
      await clock.advanceAsync(1_000)
      return (await round.outcome).answered
    }
    return { attached, detached, ask, engine, surveyor }
  }

  function addService(host: string, address: string) {
    let lookups = 0
    const engine = createSpEngine({
      clock,
      random,
      transports: [network.transport(host)],
      lookup: (name) => {
        lookups += 1
        const found = names.get(name)
        return found ? Promise.resolve(found) : Promise.reject(new Error(`no such name: ${name}`))
      },
    })
    closables.push(engine)
    const respondent = engine.createRespondent(() => Buffer.from(host))
    const dialer = engine.dial(address, respondent)
    return { respondent, dialer, engine, lookups: () => lookups }
  }

  t.teardown(async () => {
    const closing = Promise.all(closables.map((closable) => closable.close()))
    await clock.advanceAsync(10)
    await closing
    await clock.advanceAsync(10)
    if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`)
  })
  return { clock, network, names, addDaemon, addService }
}

t.test(
  'the wait before dialling again is at most half the time away, from 50 ms to 2 s, with full jitter',
  async (t) => {
    const limits = [0, 100, 200, 1_000, 4_000, 60_000].map(backoffLimitMs)
    t.same(limits, [50, 50, 100, 500, 2_000, 2_000])
    t.same(
      [0, 0.5].map((chance) => backoffMs(400, () => chance)),
      [0, 100],
    )
  },
)

t.test('a fleet that has lost its daemon dials it often at first, and soon as rarely as ever', async (t) => {
  const random = createRandom(1)
  const dialers = 10_000
  const seconds = 10
  const attempts = Array.from({ length: seconds }, () => 0)
  for (let dialer = 0; dialer < dialers; dialer += 1)
    for (let atMs = backoffMs(0, random); atMs < seconds * 1_000; atMs += backoffMs(atMs, random))
      attempts[Math.floor(atMs / 1_000)] = (attempts[Math.floor(atMs / 1_000)] ?? 0) + 1
  const [first = 0, second = 0, third = 0, ...later] = attempts.map((count) => count / dialers)
  t.ok(first < 16 && second < 4 && third < 2.2, `${first}, ${second}, ${third} of each`)
  for (const count of later.slice(1)) t.ok(count > 0.9 && count < 1.2, `${count} of each`)
})

t.test('a daemon that was away for a second has its whole fleet back within half of one', async (t) => {
  const { clock, network, names, addDaemon, addService } = await openWorld(t, createRandom(7))
  names.set('discovery', ['d1'])
  const fleet = Array.from({ length: 50 }, (_, i) => addService(`web-${i}`, 'sim://discovery:1'))
  await addDaemon('d1')
  await clock.advanceAsync(4_000)
  network.kill('d1')
  await clock.advanceAsync(1_000)
  const { attached } = await addDaemon('d1')
  await clock.advanceAsync(backoffLimitMs(1_500))
  t.equal(attached.length, fleet.length)
})

t.test('silence is 5 s, more for a surveyor known to ask more rarely, and stretched by chance', async (t) => {
  const silence = createSilence(() => 0)
  t.equal(silence.limitMs, 5_000)
  silence.heard(10_000)
  t.equal(silence.limitMs, 25_000)
  silence.heard(1_000)
  t.equal(silence.limitMs, 5_000, 'until the next question proves that it was none of its habits')
  for (let i = 0; i < 4; i += 1) silence.heard(50_000)
  t.equal(silence.limitMs, 60_000)
  for (let i = 0; i < 8; i += 1) silence.heard(1_000)
  t.equal(silence.limitMs, 5_000, 'the last eight gaps are remembered')
  silence.heard(50_000)
  t.equal(silence.limitMs, 5_000, 'one long gap, as of a surveyor that was stopped, is not its habit')
  t.equal(createSilence(() => 0.5).limitMs, 5_500, 'a fleet does not dial in one instant')
})

t.test('a peer that is not there yet is dialled until it is', async (t) => {
  const { clock, names, addDaemon, addService } = await openWorld(t)
  names.set('discovery', ['d1'])
  const { respondent } = addService('web', 'sim://discovery:1')
  await clock.advanceAsync(3_000)
  t.equal(respondent.pipes.size, 0)
  t.ok((respondent.counters().rejected['unreachable'] ?? 0) > 2, 'refusals are counted')
  const daemon = await addDaemon('d1')
  await clock.advanceAsync(2_100)
  t.equal(respondent.pipes.size, 1)
  t.equal(await daemon.ask(), 1)
})

t.test('a restarted peer is found again', async (t) => {
  const { clock, network, names, addDaemon, addService } = await openWorld(t)
  names.set('discovery', ['d1'])
  const { respondent } = addService('web', 'sim://discovery:1')
  const before = await addDaemon('d1')
  await clock.advanceAsync(2_000)
  t.equal(before.attached.length, 1)
  network.kill('d1')
  await clock.advanceAsync(10)
  t.equal(respondent.pipes.size, 0)
  const after = await addDaemon('d1')
  await clock.advanceAsync(1_000)
  t.equal(await after.ask(), 1)
})

t.test('every address of a name is dialled, also one that is added later', async (t) => {
  const { clock, names, addDaemon, addService } = await openWorld(t)
  const d1 = await addDaemon('d1')
  const d2 = await addDaemon('d2')
  const d3 = await addDaemon('d3')
  names.set('discovery', ['d1', 'd2'])
  addService('web', 'sim://discovery:1')
  await clock.advanceAsync(10)
  t.same(
    [d1, d2, d3].map((daemon) => daemon.attached.length),
    [1, 1, 0],
  )
  names.set('discovery', ['d1', 'd2', 'd3'])
  await clock.advanceAsync(5_010)
  t.same(
    [d1, d2, d3].map((daemon) => daemon.attached.length),
    [1, 1, 1],
  )
})

t.test('an address that has vanished is kept while it asks, and closed once silent', async (t) => {
  const { clock, names, addDaemon, addService } = await openWorld(t)
  const d1 = await addDaemon('d1')
  names.set('discovery', ['d1'])
  const { respondent } = addService('web', 'sim://discovery:1')
  await clock.advanceAsync(10)
  const d2 = await addDaemon('d2')
  names.set('discovery', ['d2'])
  for (let i = 0; i < 8; i += 1) t.equal(await d1.ask(), 1, 'it is still asked')
  t.equal(respondent.pipes.size, 2)
  await clock.advanceAsync(11_000)
  t.equal(d1.surveyor.pipes.size, 0, 'closed when it fell silent')
  t.equal(await d2.ask(), 1)
})

t.test('an address that is away while its program starts again is found as soon as it would be dialled', async (t) => {
  const { clock, network, names, addDaemon, addService } = await openWorld(t)
  await addDaemon('d1')
  await addDaemon('d2')
  names.set('discovery', ['d1', 'd2'])
  const { respondent } = addService('web', 'sim://discovery:1')
  await clock.advanceAsync(10)
  for (let restarts = 0; restarts < 3; restarts += 1) {
    names.set('discovery', ['d2'])
    network.kill('d1')
    // As a container: its name is gone with it, and there again before it listens.
    await clock.advanceAsync(1_200)
    names.set('discovery', ['d1', 'd2'])
    await clock.advanceAsync(300)
    const d1 = await addDaemon('d1')
    await clock.advanceAsync(backoffLimitMs(60_000))
    t.equal(d1.attached.length, 1)
    t.equal(respondent.pipes.size, 2)
  }
})

t.test('one that does not come back is looked for as rarely as ever, after a minute', async (t) => {
  const { clock, names, network, addDaemon, addService } = await openWorld(t)
  await addDaemon('d1')
  await addDaemon('d2')
  names.set('discovery', ['d1', 'd2'])
  const { lookups } = addService('web', 'sim://discovery:1')
  await clock.advanceAsync(10)
  names.set('discovery', ['d2'])
  network.kill('d1')
  await clock.advanceAsync(70_000)
  const before = lookups()
  await clock.advanceAsync(50_000)
  t.equal(lookups() - before, 10)
})

t.test('a resolver that fails changes nothing, and a name that comes later is dialled', async (t) => {
  const { clock, names, addDaemon, addService } = await openWorld(t)
  const d1 = await addDaemon('d1')
  const { respondent } = addService('web', 'sim://discovery:1')
  await clock.advanceAsync(3_000)
  t.ok((respondent.counters().rejected['unresolved'] ?? 0) > 0)
  names.set('discovery', ['d1'])
  await clock.advanceAsync(600)
  t.equal(await d1.ask(), 1)
  names.delete('discovery')
  for (let i = 0; i < 12; i += 1) t.equal(await d1.ask(), 1)
  t.equal(d1.attached.length, 1)
})

t.test(
  'a respondent that was asked and hears nothing for 5 s dials afresh, and lets the hanging pipe go',
  async (t) => {
    const { clock, network, names, addDaemon, addService } = await openWorld(t)
    names.set('discovery', ['d1'])
    const d1 = await addDaemon('d1')
    const { respondent } = addService('web', 'sim://discovery:1')
    await clock.advanceAsync(10)
    t.equal(await d1.ask(), 1)
    // The network is lost and comes back, and only what was in flight meanwhile is gone: connections hang.
    network.cut('d1', 'web')
    network.cut('web', 'd1')
    await d1.ask()
    network.heal('d1', 'web')
    network.heal('web', 'd1')
    await clock.advanceAsync(6_000)
    t.equal(d1.attached.length, 2, 'dialled beside the old pipe')
    t.equal(respondent.pipes.size, 2)
    t.equal(await d1.ask(), 1, 'one of them answers')
    t.equal(respondent.pipes.size, 1, 'one is let go: two pipes to one surveyor are one too many')
  },
)

t.test('a surveyor that was late once, and then goes silent, is dialled afresh as soon as any', async (t) => {
  const { clock, names, addDaemon, addService } = await openWorld(t)
  names.set('discovery', ['d1'])
  const d1 = await addDaemon('d1')
  addService('web', 'sim://discovery:1')
  await clock.advanceAsync(10)
  for (let i = 0; i < 10; i += 1) t.equal(await d1.ask(), 1)
  await clock.advanceAsync(3_500)
  t.equal(await d1.ask(), 1)
  t.equal(await d1.ask(), 1)
  t.equal(d1.attached.length, 1)
  await clock.advanceAsync(6_000)
  t.equal(d1.attached.length, 2)
})

t.test('a surveyor that asks every 20 s is not dialled again and again', async (t) => {
  const { clock, names, addDaemon, addService } = await openWorld(t)
  names.set('discovery', ['d1'])
  const d1 = await addDaemon('d1')
  addService('web', 'sim://discovery:1')
  await clock.advanceAsync(10)
  for (let i = 0; i < 15; i += 1) {
    await d1.ask()
    await clock.advanceAsync(19_000)
  }
  t.ok(d1.attached.length <= 3, `${d1.attached.length} pipes in five minutes`)
  t.equal(d1.surveyor.pipes.size, 1)
})

for (const intervalMs of [10_000, 20_000, 60_000])
  t.test(`nor is one that asks every ${intervalMs / 1_000} s, and whoever connects at once`, async (t) => {
    const { clock, names, addDaemon, addService } = await openWorld(t)
    names.set('discovery', ['d1'])
    const d1 = await addDaemon('d1', { greets: true })
    addService('web', 'sim://discovery:1')
    const rest = async (ms: number) => {
      for (let passedMs = 0; passedMs < ms; passedMs += 500) await clock.advanceAsync(500)
    }
    await rest(intervalMs)
    t.ok(d1.attached.length > 1, 'it cannot be known before')
    await d1.ask()
    const known = d1.attached.length
    for (let i = 0; i < 10; i += 1) {
      await rest(intervalMs - 1_000)
      t.equal(await d1.ask(), 1)
    }
    t.equal(d1.attached.length, known)
    t.equal(d1.surveyor.pipes.size, 1)
  })

t.test('closing a dialer closes its pipe and nothing else', async (t) => {
  const { clock, names, addDaemon, addService } = await openWorld(t)
  names.set('discovery', ['d1'])
  names.set('d1', ['d1'])
  const d1 = await addDaemon('d1')
  const { respondent, dialer, engine } = addService('web', 'sim://discovery:1')
  engine.dial('sim://d1:1', respondent)
  await clock.advanceAsync(10)
  t.equal(respondent.pipes.size, 2)
  await dialer.close()
  await clock.advanceAsync(5_000)
  t.equal(respondent.pipes.size, 1)
  t.equal(await d1.ask(), 1)
})

t.test('addresses that make no sense are refused at once, and say what is accepted', async (t) => {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const respondent = engine.createRespondent(() => undefined)
  for (const address of ['localhost:5555', 'tcp://', 'tcp://host', 'tcp://host:99999', 'tcp://host:x', 'udp://host:1'])
    t.throws(() => engine.dial(address, respondent), { code: 'ADDRESS_INVALID' }, address)
})
