// What every engine promises, held against two engines at a time: one that listens and one that dials, which may be the same.
// Real sockets and real time; waits are for events, and bounded.

import type { Test } from 'tap'
import type { Engine, Round, Surveyor } from '../../messaging/sp/engine.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyMessages } from './message-contract.ts'

export interface EnginePair {
  readonly name: string
  readonly openListening: () => Promise<Engine>
  readonly openDialling: () => Promise<Engine>
  /** inproc addresses mean something within one engine only. */
  readonly isOneEngine: boolean
}

const question = Buffer.from('service query')
/** Some do not answer this one. */
const silence = Buffer.from('silence')
const patientMs = 30_000

export interface World {
  readonly listening: Engine
  readonly dialling: Engine
  /** An address of its own for each call. */
  readonly address: () => string
}

export function verifyEngines(t: Test, pair: EnginePair): void {
  for (const scheme of ['tcp', 'ipc', 'ws', ...(pair.isOneEngine ? ['inproc'] : [])])
    void t.test(`${pair.name} over ${scheme}`, async (t) => {
      const directory = await mkdtemp(join(tmpdir(), 'sp-'))
      t.teardown(() => rm(directory, { recursive: true, force: true }))
      let addresses = 0
      const address = () => {
        addresses += 1
        if (scheme === 'tcp' || scheme === 'ws') return `${scheme}://127.0.0.1:0`
        return scheme === 'ipc' ? `ipc://${directory}/${addresses}` : `inproc://${directory}/${addresses}`
      }
      const open = async (t: Test): Promise<World> => {
        const listening = await pair.openListening()
        const dialling = pair.isOneEngine ? listening : await pair.openDialling()
        t.teardown(() => Promise.all([listening.close(), dialling.close()]))
        return { listening, dialling, address }
      }
      await verifySurveys(t, open)
      await verifyRequests(t, open)
      await verifyMessages(t, open)
      await verifyEnds(t, open)
    })
}

async function collect(round: Round): Promise<string[]> {
  const answers: string[] = []
  for await (const { body } of round) answers.push(String(body))
  return answers.toSorted()
}

/** Asks until so many answer, ever more patiently: a dialer says nothing of when it is connected. */
async function askUntil(surveyor: Surveyor, answers: number): Promise<string[]> {
  const untilMs = Date.now() + patientMs
  for (let deadlineMs = 50; ; deadlineMs = Math.min(2 * deadlineMs, 5_000)) {
    const found = await askFor(surveyor, question, answers, deadlineMs)
    if (found.length >= answers || Date.now() > untilMs) return found
    // A round of nobody ends at once: let connections come meanwhile.
    await new Promise(setImmediate)
  }
}

/** Asks once, until so many have answered: not every engine ends a round that nobody is left to answer. */
async function askFor(surveyor: Surveyor, asked: Buffer, answers: number, deadlineMs = patientMs): Promise<string[]> {
  const aborter = new AbortController()
  const found: string[] = []
  for await (const { body } of surveyor.survey(asked, { deadlineMs, signal: aborter.signal })) {
    found.push(String(body))
    if (found.length === answers) aborter.abort()
  }
  return found.toSorted()
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error
}

async function verifySurveys(t: Test, open: (t: Test) => Promise<World>): Promise<void> {
  await t.test('a survey reaches everyone, and the answers come whole', async (t) => {
    const { listening, dialling, address } = await open(t)
    const surveyor = listening.createSurveyor()
    const listener = await listening.listen(address(), surveyor)
    for (const name of ['a', 'b', 'c']) {
      const respondent = dialling.createRespondent((asked) => Buffer.from(`${name}: ${String(asked)}`))
      dialling.dial(listener.address, respondent)
    }
    t.same(await askUntil(surveyor, 3), ['a: service query', 'b: service query', 'c: service query'])
  })

  await t.test('bodies of every size come unchanged, both ways', async (t) => {
    const { listening, dialling, address } = await open(t)
    const surveyor = listening.createSurveyor()
    const listener = await listening.listen(address(), surveyor)
    dialling.dial(
      listener.address,
      dialling.createRespondent((asked) => asked),
    )
    await askUntil(surveyor, 1)
    for (const size of [0, 1, 1_000, 65_536, 1_048_576 - 4]) {
      const sent = Buffer.alloc(size, size % 251)
      const aborter = new AbortController()
      let isSame = false
      for await (const { body } of surveyor.survey(sent, { deadlineMs: patientMs, signal: aborter.signal })) {
        isSame = body.equals(sent)
        aborter.abort()
      }
      t.ok(isSame, `${size} bytes`)
    }
  })

  await t.test('a silent respondent ends no round before its deadline, and is silent', async (t) => {
    const { listening, dialling, address } = await open(t)
    const surveyor = listening.createSurveyor()
    const listener = await listening.listen(address(), surveyor)
    dialling.dial(
      listener.address,
      dialling.createRespondent((asked) => (asked.equals(silence) ? undefined : asked)),
    )
    await askUntil(surveyor, 1)
    const round = surveyor.survey(silence, { deadlineMs: 100 })
    t.same(await collect(round), [])
    const outcome = await round.outcome
    t.match(outcome, { answered: 0, endedBy: 'deadline' })
    if (listening.features.pipeEvents) t.match(outcome, { asked: 1, missing: [{ isMany: false }] })
  })

  await t.test('each survey gets its own answers, though handlers take their time', async (t) => {
    const { listening, dialling, address } = await open(t)
    const surveyor = listening.createSurveyor()
    const listener = await listening.listen(address(), surveyor)
    let turn = 0
    const respondent = dialling.createRespondent(async (asked) => {
      turn += 1
      // The first is answered after the second has come.
      for (let i = 0; i < (turn % 2) * 20; i += 1) await new Promise(setImmediate)
      return Buffer.from(`re ${String(asked)}`)
    })
    dialling.dial(listener.address, respondent)
    await askUntil(surveyor, 1)
    const answers = ['1', '2', '3', '4'].map((text) => askFor(surveyor, Buffer.from(text), 1))
    t.same(await Promise.all(answers), [['re 1'], ['re 2'], ['re 3'], ['re 4']])
  })

  await t.test('one respondent answers several surveyors', async (t) => {
    const { listening, dialling, address } = await open(t)
    const respondent = dialling.createRespondent(async (asked) => asked)
    const surveyors = []
    for (let i = 0; i < 3; i += 1) {
      const surveyor = listening.createSurveyor()
      const listener = await listening.listen(address(), surveyor)
      dialling.dial(listener.address, respondent)
      surveyors.push(surveyor)
    }
    for (const surveyor of surveyors) await askUntil(surveyor, 1)
    const answers = surveyors.map((surveyor, i) => askFor(surveyor, Buffer.from(String(i)), 1))
    t.same(await Promise.all(answers), [['0'], ['1'], ['2']])
  })

  await t.test('a handler that throws is silent and counted, and answers the next question', async (t) => {
    const { listening, dialling, address } = await open(t)
    const surveyor = listening.createSurveyor()
    const listener = await listening.listen(address(), surveyor)
    const errors: unknown[] = []
    const respondent = dialling.createRespondent(
      async (asked) => {
        if (String(asked) === 'throw') throw new Error('as told')
        return asked
      },
      { onError: (error) => void errors.push(error) },
    )
    dialling.dial(listener.address, respondent)
    await askUntil(surveyor, 1)
    t.same(await collect(surveyor.survey(Buffer.from('throw'), { deadlineMs: 100 })), [])
    t.same(await askFor(surveyor, Buffer.from('fine'), 1), ['fine'])
    t.equal(respondent.counters().dropped['handler-failed'], 1)
    t.match(errors, [{ message: 'as told' }])
  })

  await t.test('a round can be aborted, and onAnswer takes the place of iterating', async (t) => {
    const { listening, dialling, address } = await open(t)
    const surveyor = listening.createSurveyor()
    const listener = await listening.listen(address(), surveyor)
    for (const isSilent of [false, true]) {
      const respondent = dialling.createRespondent((body) => (isSilent && body.equals(silence) ? undefined : body))
      dialling.dial(listener.address, respondent)
    }
    await askUntil(surveyor, 2)
    const aborter = new AbortController()
    const heard: string[] = []
    const round = surveyor.survey(silence, {
      deadlineMs: patientMs,
      signal: aborter.signal,
      onAnswer({ body, roundTripMs }) {
        heard.push(String(body))
        t.ok(roundTripMs >= 0)
        aborter.abort()
      },
    })
    t.match(await round.outcome, { endedBy: 'aborted', answered: 1 })
    t.same(await collect(round), [])
    t.same(heard, ['silence'])
  })
}

async function verifyRequests(t: Test, open: (t: Test) => Promise<World>): Promise<void> {
  await t.test('every request in flight gets its own reply', async (t) => {
    const { listening, dialling, address } = await open(t)
    const replier = listening.createReplier(async (body) => Buffer.concat([Buffer.from('re '), body]))
    const listener = await listening.listen(address(), replier)
    const requester = dialling.createRequester()
    dialling.dial(listener.address, requester)
    const texts = Array.from({ length: 50 }, (_, i) => String(i))
    const replies = await Promise.all(
      texts.map((text) => requester.request(Buffer.from(text), { timeoutMs: patientMs })),
    )
    t.same(
      replies.map(String),
      texts.map((text) => `re ${text}`),
    )
  })

  await t.test('a request waits for somebody to answer, and no longer than its time', async (t) => {
    const { listening, dialling, address } = await open(t)
    const replier = listening.createReplier((body) => (String(body) === 'silence' ? undefined : body))
    const listener = await listening.listen(address(), replier)
    const requester = dialling.createRequester()
    dialling.dial(listener.address, requester)
    t.equal(String(await requester.request(question, { timeoutMs: patientMs })), 'service query')
    const timeout = await requester.request(Buffer.from('silence'), { timeoutMs: 50 }).catch(codeOf)
    t.equal(timeout, 'TIMEOUT')
    t.equal(
      String(await requester.request(question, { timeoutMs: patientMs })),
      'service query',
      'and the next is answered',
    )
  })

  await t.test('a signal ends a request with its reason', async (t) => {
    const { dialling } = await open(t)
    const aborter = new AbortController()
    const requester = dialling.createRequester()
    const request = requester.request(question, { timeoutMs: patientMs, signal: aborter.signal })
    aborter.abort('enough')
    t.equal(await request.catch((reason: unknown) => reason), 'enough')
  })
}

async function verifyEnds(t: Test, open: (t: Test) => Promise<World>): Promise<void> {
  await t.test('a respondent finds its surveyor again after that was away', async (t) => {
    const { listening, dialling, address } = await open(t)
    const before = listening.createSurveyor()
    const listener = await listening.listen(address(), before)
    dialling.dial(
      listener.address,
      dialling.createRespondent((body) => body),
    )
    await askUntil(before, 1)
    await before.close()
    const after = listening.createSurveyor()
    await listening.listen(listener.address, after)
    t.same(await askUntil(after, 1), ['service query'])
  })

  await t.test('closing ends what is open, and closing twice is closing once', async (t) => {
    const { listening, dialling, address } = await open(t)
    const surveyor = listening.createSurveyor()
    await listening.listen(address(), surveyor)
    const requester = dialling.createRequester()
    const request = requester.request(question, { timeoutMs: patientMs }).catch(codeOf)
    const round = surveyor.survey(question, { deadlineMs: patientMs })
    await Promise.all([surveyor.close(), requester.close(), surveyor.close(), requester.close()])
    t.equal(await request, 'CLOSED')
    t.equal(await requester.request(question, { timeoutMs: patientMs }).catch(codeOf), 'CLOSED')
    const outcome = await round.outcome
    // With nobody connected, an engine that sees pipes has ended it already.
    t.match(outcome.endedBy, listening.features.pipeEvents ? 'complete' : 'closed')
    t.match(await surveyor.survey(question, { deadlineMs: 10 }).outcome, { endedBy: 'closed' })
  })

  await t.test('an address in use says so, and one that makes no sense does too', async (t) => {
    const { listening, dialling, address } = await open(t)
    const listener = await listening.listen(address(), listening.createSurveyor())
    await t.rejects(listening.listen(listener.address, listening.createSurveyor()), { code: 'ADDRESS_IN_USE' })
    await t.rejects(listening.listen('nonsense', listening.createSurveyor()), { code: 'ADDRESS_INVALID' })
    for (const wrong of ['nonsense', 'udp://127.0.0.1:1', 'tcp://127.0.0.1:none'])
      t.throws(() => dialling.dial(wrong, dialling.createRequester()), { code: 'ADDRESS_INVALID' }, wrong)
  })

  await t.test('what an engine lacks is an error to ask for, and to be read in its features', async (t) => {
    const { listening, address } = await open(t)
    const { pipeEvents, sharedPort, transports } = listening.features
    for (const transport of ['tcp', 'ipc', 'ws', 'inproc']) t.ok(transports.includes(transport), transport)
    const surveyor = listening.createSurveyor()
    const listen = listening.listen(address(), [surveyor, listening.createReplier((body) => body)])
    if (sharedPort) await listen
    else await t.rejects(listen, { code: 'NOT_SUPPORTED' })
    if (!pipeEvents) {
      const pipe = {
        id: 1,
        local: undefined,
        remote: undefined,
        isMany: false,
        identity: undefined,
        priority: 8,
        close() {},
      }
      t.throws(() => surveyor.survey(question, { deadlineMs: 1, pipe }), { code: 'NOT_SUPPORTED' })
      const request = listening.createRequester().request(question, { timeoutMs: 1, pipe })
      await t.rejects(request, { code: 'NOT_SUPPORTED' })
      for (const lacking of [
        () => listening.createPair({ version: 1 }),
        () => listening.createPublisher({ overflow: 'wait' }),
        () => listening.createPublisher({ slowAfterMs: 1 }),
        () => listening.createBus({ maxQueuedBytes: 1 }),
        () => listening.createDevice('PIPELINE'),
        () => listening.createLink({ onMessage() {} }),
        () =>
          listening.dial(address(), surveyor, { credentials: () => ({ identity: 'a/b/call', key: Buffer.alloc(32) }) }),
      ])
        t.throws(lacking, { code: 'NOT_SUPPORTED' })
    }
    t.throws(() => listening.dial(address(), surveyor, { priority: 17 }), { code: 'ADDRESS_INVALID' })
  })
}
