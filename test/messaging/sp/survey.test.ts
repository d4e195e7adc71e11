import type { Test } from 'tap'
import t from 'tap'
import type { Pipe, SurveyAnswer } from '../../../messaging/sp/engine.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { createPacing } from '../../../messaging/sp/patterns/pacing.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'
import { createSimNetwork } from '../../fixtures/sim-network.ts'

const question = Buffer.from('who is here?')

/** A surveyor at sim://daemon:1 and whatever respondents a test adds, on one fake clock. Nothing may be left at the end. */
async function openFleet(t: Test) {
  const clock = createFakeClock()
  const network = createSimNetwork(clock)
  const attached: Pipe[] = []
  const detached: string[] = []
  let late = 0
  const engine = createSpEngine({ clock, random: () => 0.5, transports: [network.transport('daemon')] })
  const surveyor = engine.createSurveyor({
    onAttach: (pipe) => void attached.push(pipe),
    onDetach: (_pipe, reason) => void detached.push(reason),
    onLate: () => {
      late += 1
    },
  })
  await engine.listen('sim://daemon:1', surveyor)
  const engines = [engine]

  async function addRespondent(
    host: string,
    answer: (question: Buffer) => Uint8Array | undefined | Promise<Uint8Array>,
  ) {
    const own = createSpEngine({
      clock,
      random: () => 0.5,
      lookup: (name) => Promise.resolve([name]),
      transports: [network.transport(host)],
    })
    engines.push(own)
    const respondent = own.createRespondent(answer)
    own.dial('sim://daemon:1', respondent)
    await clock.advanceAsync(5)
    return { respondent, engine: own }
  }

  t.teardown(async () => {
    await Promise.all(engines.map((each) => each.close()))
    await clock.advanceAsync(10)
    if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`)
  })
  return { clock, network, engine, surveyor, attached, detached, addRespondent, lateAnswers: () => late }
}

const say = (text: string) => () => Buffer.from(text)

async function collect(round: AsyncIterable<SurveyAnswer>): Promise<string[]> {
  const answers = []
  for await (const { body } of round) answers.push(body.toString())
  return answers.toSorted()
}

t.test('a round ends as soon as everyone has answered', async (t) => {
  const { clock, surveyor, addRespondent } = await openFleet(t)
  await addRespondent('a', say('a'))
  await addRespondent('b', say('b'))
  const round = surveyor.survey(question, { deadlineMs: 500 })
  const answers = collect(round)
  await clock.advanceAsync(2)
  t.same(await answers, ['a', 'b'])
  t.match(await round.outcome, { asked: 2, answered: 2, missing: [], late: 0, durationMs: 2, endedBy: 'complete' })
})

t.test('a round of nobody is complete at once', async (t) => {
  const { surveyor } = await openFleet(t)
  t.match(await surveyor.survey(question, { deadlineMs: 500 }).outcome, { asked: 0, answered: 0, endedBy: 'complete' })
})

t.test('who is silent until the deadline is missing, and an answer after it is late', async (t) => {
  const { clock, surveyor, attached, addRespondent, lateAnswers } = await openFleet(t)
  await addRespondent('a', say('a'))
  let answerLate = (_answer: Uint8Array) => {}
  await addRespondent(
    'slow',
    () =>
      new Promise((resolve) => {
        answerLate = resolve
      }),
  )
  const round = surveyor.survey(question, { deadlineMs: 500 })
  await clock.advanceAsync(501)
  const outcome = await round.outcome
  t.match(outcome, { asked: 2, answered: 1, endedBy: 'deadline' })
  t.same(outcome.missing, [attached[1]])
  const next = surveyor.survey(question, { deadlineMs: 500 })
  answerLate(Buffer.from('too late'))
  await clock.advanceAsync(2)
  t.equal(lateAnswers(), 1)
  t.equal(surveyor.counters().dropped['late'], 1)
  await clock.advanceAsync(500)
  t.match(await next.outcome, { late: 1, answered: 1 }, 'the late one counts for no other round')
})

t.test('a respondent that leaves is waited for no longer', async (t) => {
  const { clock, network, surveyor, detached, addRespondent } = await openFleet(t)
  await addRespondent('a', say('a'))
  await addRespondent('b', () => undefined)
  const round = surveyor.survey(question, { deadlineMs: 500 })
  await clock.advanceAsync(2)
  network.kill('b')
  await clock.advanceAsync(2)
  t.match(await round.outcome, { asked: 2, answered: 1, missing: [], endedBy: 'complete' })
  t.same(detached, ['closed-by-peer'])
})

t.test('surveys under way at the same time each get their own answers', async (t) => {
  const { clock, surveyor, addRespondent } = await openFleet(t)
  await addRespondent('a', (asked) => Buffer.from(`a: ${String(asked)}`))
  await addRespondent('b', async (asked) => Buffer.from(`b: ${String(asked)}`))
  const rounds = ['1', '2', '3'].map((text) => surveyor.survey(Buffer.from(text), { deadlineMs: 500 }))
  const answers = Promise.all(rounds.map(collect))
  await clock.advanceAsync(5)
  t.same(await answers, [
    ['a: 1', 'b: 1'],
    ['a: 2', 'b: 2'],
    ['a: 3', 'b: 3'],
  ])
})

t.test('one pipe can be asked alone', async (t) => {
  const { clock, network, surveyor, attached, addRespondent } = await openFleet(t)
  await addRespondent('a', say('a'))
  await addRespondent('b', say('b'))
  const [, second] = attached
  if (!second) throw new Error('no pipe')
  const round = surveyor.survey(question, { deadlineMs: 500, pipe: second })
  const answers = collect(round)
  await clock.advanceAsync(2)
  t.same(await answers, ['b'])
  network.kill('b')
  await clock.advanceAsync(2)
  t.match(await surveyor.survey(question, { deadlineMs: 500, pipe: second }).outcome, { asked: 0, endedBy: 'complete' })
})

t.test('an aborted round ends at once and keeps what it heard', async (t) => {
  const { clock, surveyor, addRespondent } = await openFleet(t)
  await addRespondent('a', say('a'))
  await addRespondent('b', () => undefined)
  const aborter = new AbortController()
  const round = surveyor.survey(question, { deadlineMs: 500, signal: aborter.signal })
  const answers = collect(round)
  await clock.advanceAsync(2)
  aborter.abort()
  t.same(await answers, ['a'])
  t.match(await round.outcome, { endedBy: 'aborted', answered: 1 })
  t.match(await surveyor.survey(question, { deadlineMs: 5, signal: aborter.signal }).outcome, {
    endedBy: 'aborted',
    asked: 0,
  })
})

t.test('closing the surveyor ends its rounds', async (t) => {
  const { clock, surveyor, addRespondent } = await openFleet(t)
  await addRespondent('a', () => undefined)
  const round = surveyor.survey(question, { deadlineMs: 500 })
  await surveyor.close()
  t.match(await round.outcome, { endedBy: 'closed' })
  t.match(await surveyor.survey(question, { deadlineMs: 500 }).outcome, { endedBy: 'closed', asked: 0 })
  await clock.advanceAsync(5)
})

t.test(
  'a pipe that answers twice is many: it is heard until the deadline, and never ends a round early again',
  async (t) => {
    const { clock, network, surveyor, attached } = await openFleet(t)
    // A device: it gives an answer for each of those behind it. Written on the carrier, since our respondents answer once.
    const connecting = network
      .transport('device')
      .connect('daemon:1', { type: 0x63, peerType: 0x62, signal: new AbortController().signal })
    await clock.advanceAsync(5)
    const device = await connecting
    let answers = ['x', 'y']
    device.start({
      message: (message) => {
        for (const answer of answers) device.send(message.subarray(0, 4), Buffer.from(answer))
      },
      closed() {},
      drained() {},
    })
    const first = surveyor.survey(question, { deadlineMs: 500 })
    const heard = collect(first)
    await clock.advanceAsync(3)
    t.match(await first.outcome, { endedBy: 'complete', answered: 1 }, 'nobody could know at the first answer')
    t.same(await heard, ['x'])
    t.ok(attached.at(-1)?.isMany, 'the second answer to the same question shows it')
    answers = ['x', 'y', 'z']
    const second = surveyor.survey(question, { deadlineMs: 500 })
    const all = collect(second)
    await clock.advanceAsync(501)
    t.same(await all, ['x', 'y', 'z'])
    t.match(await second.outcome, { endedBy: 'deadline', answered: 3, missing: [] })
  },
)

t.test('a pipe with three unanswered questions is asked only every 5 s, until it answers', async (t) => {
  const { clock, network, surveyor, attached } = await openFleet(t)
  let asked = 0
  let isTalking = false
  // Not one of our respondents: those would dial afresh meanwhile.
  const connecting = network
    .transport('mute')
    .connect('daemon:1', { type: 0x63, peerType: 0x62, signal: new AbortController().signal })
  await clock.advanceAsync(5)
  const mute = await connecting
  mute.start({
    message(message) {
      asked += 1
      if (isTalking) mute.send(message.subarray(0, 4), Buffer.from('back'))
    },
    closed() {},
    drained() {},
  })
  async function ask() {
    const round = surveyor.survey(question, { deadlineMs: 500 })
    await clock.advanceAsync(1_000)
    return round.outcome
  }
  for (let round = 1; round <= 3; round += 1) t.match(await ask(), { skipped: [] })
  t.match(await ask(), { asked: 1, skipped: [attached[0]], missing: [attached[0]] }, 'still asked for, still missing')
  t.equal(asked, 3)
  for (let round = 5; round <= 8; round += 1) await ask()
  t.equal(asked, 4, 'once more after 5 s')
  isTalking = true
  for (let round = 9; round <= 16; round += 1) await ask()
  t.equal(asked, 8, 'after 5 s more, and every time once it answers')
})

t.test('malformed answers, unknown ids and answers to nobody are dropped and counted', async (t) => {
  const { clock, network, surveyor } = await openFleet(t)
  const connecting = network
    .transport('odd')
    .connect('daemon:1', { type: 0x63, peerType: 0x62, signal: new AbortController().signal })
  await clock.advanceAsync(5)
  const odd = await connecting
  odd.start({ message() {}, closed() {}, drained() {} })
  odd.send(Buffer.alloc(0), Buffer.from('ab'))
  odd.send(Buffer.from('00000001', 'hex'), Buffer.from('hop word instead of an id'))
  odd.send(Buffer.from('80000005', 'hex'), Buffer.from('never asked'))
  await clock.advanceAsync(5)
  t.same(surveyor.counters().dropped, { malformed: 2, 'unknown-id': 1 })
})

t.test('thousands are asked in a window that answers refill, and silent ones cannot stop it', async (t) => {
  const { clock, network, surveyor } = await openFleet(t)
  let asked = 0
  const connecting = Array.from({ length: 2_000 }, () =>
    network
      .transport('crowd')
      .connect('daemon:1', { type: 0x63, peerType: 0x62, signal: new AbortController().signal }),
  )
  await clock.advanceAsync(5)
  const crowd = await Promise.all(connecting)
  crowd.forEach((carrier, i) => {
    carrier.start({
      message(message) {
        asked += 1
        // The first 1,500 are silent: more than a window.
        if (i >= 1_500) carrier.send(message.subarray(0, 4), Buffer.from('here'))
      },
      closed() {},
      drained() {},
    })
  })
  const round = surveyor.survey(question, { deadlineMs: 500 })
  await clock.advanceAsync(2)
  t.equal(asked, 1_024, 'a window at once')
  await clock.advanceAsync(10)
  t.equal(asked, 1_280, 'and what was written off after 10 ms')
  await clock.advanceAsync(1_000)
  t.match(await round.outcome, { asked: 2_000, answered: 500, endedBy: 'deadline' })
  t.equal((await round.outcome).missing.length, 1_500)
})

t.test('the window holds 1,024 questions and takes 256 more every 10 ms', async (t) => {
  const pacing = createPacing()
  const takeAll = () => {
    let taken = 0
    while (pacing.take()) taken += 1
    return taken
  }
  t.equal(takeAll(), 1_024)
  pacing.refill()
  t.equal(takeAll(), 256)
  pacing.giveBack()
  t.equal(takeAll(), 1)
  for (let i = 0; i < 9; i += 1) pacing.refill()
  t.equal(takeAll(), 1_024, 'never more than the window')
})

t.test('a slow iteration is given every answer, and one that begins after the end too', async (t) => {
  const { clock, surveyor, addRespondent } = await openFleet(t)
  await addRespondent('a', say('a'))
  await addRespondent('b', say('b'))
  const round = surveyor.survey(question, { deadlineMs: 500 })
  await clock.advanceAsync(10)
  await round.outcome
  t.same(await collect(round), ['a', 'b'])
})
