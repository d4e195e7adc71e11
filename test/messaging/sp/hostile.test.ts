import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'

const respondentHello = Buffer.from('0053500000630000', 'hex')
const requesterHello = Buffer.from('0053500000300000', 'hex')
const hello = Buffer.from('hello')

/** A surveyor and an echoing replier on one real port, one good respondent, and whatever a test connects to it. */
async function openTarget(t: Test, handshakeTimeoutMs = 60_000) {
  const waiting = new Set<() => void>()
  const changed = () => {
    for (const wake of waiting) wake()
  }
  const engine = createSpEngine({ limits: { handshakeTimeoutMs, maxQueuedBytes: 65_536 } })
  const surveyor = engine.createSurveyor({ onAttach: changed, onDetach: changed })
  const replier = engine.createReplier((body) => body, { onAttach: changed, onDetach: changed })
  const { address } = await engine.listen('tcp://127.0.0.1:0', [surveyor, replier])
  const good = createSpEngine()
  good.dial(
    address,
    good.createRespondent(() => Buffer.from('good')),
  )
  t.teardown(() => Promise.all([engine.close(), good.close()]))

  /** Waits for something that pipes coming and going bring about. */
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo())
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake)
          resolve()
        }
        waiting.add(wake)
        // Rejected handshakes raise no event.
        setImmediate(wake)
      })
  }
  function open(): Socket {
    const socket = connect(Number(address.split(':').pop()), '127.0.0.1')
    socket.on('error', () => undefined)
    t.teardown(() => socket.destroy())
    return socket
  }
  async function expectGoodAnswer(message: string): Promise<void> {
    await until(() => surveyor.pipes.size >= 1)
    const round = surveyor.survey(Buffer.from('service query'), { deadlineMs: 30_000 })
    const answers: string[] = []
    for await (const { body } of round) {
      answers.push(String(body))
      if (answers.includes('good')) break
    }
    t.ok(answers.includes('good'), message)
  }
  await until(() => surveyor.pipes.size === 1)
  return { engine, surveyor, replier, address, open, until, expectGoodAnswer }
}

t.test('a peer of the wrong role is refused and counted, and costs nothing', async (t) => {
  const { surveyor, open, until, expectGoodAnswer } = await openTarget(t)
  const peer = open()
  peer.write(Buffer.from('0053500000620000', 'hex'))
  await once(peer.resume(), 'close')
  await until(() => surveyor.counters().rejected['wrong-role'] === 1)
  await expectGoodAnswer('the good one still answers')
})

t.test('what is not SP at all is refused and counted', async (t) => {
  const { surveyor, open, until, expectGoodAnswer } = await openTarget(t)
  const peer = open()
  peer.write('GET / HTTP/1.1\r\n\r\n')
  await once(peer.resume(), 'close')
  await until(() => surveyor.counters().rejected['bad-header'] === 1)
  await expectGoodAnswer('the good one still answers')
})

t.test('an oversized length closes the pipe before anything is allocated', async (t) => {
  const { surveyor, open, until, expectGoodAnswer } = await openTarget(t)
  for (const length of ['0000000000100001', '00000000ffffffff', '8000000000000000', 'ffffffffffffffff']) {
    const peer = open()
    peer.write(Buffer.concat([respondentHello, Buffer.from(length, 'hex')]))
    await once(peer.resume(), 'close')
  }
  await until(() => surveyor.counters().rejected['oversized'] === 4)
  await expectGoodAnswer('the good one still answers')
})

t.test('a frame that is announced and never comes holds no memory but its own bytes, and stops nobody', async (t) => {
  const { surveyor, open, until, expectGoodAnswer } = await openTarget(t)
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 100; i += 1)
    open().write(Buffer.concat([respondentHello, Buffer.from('0000000000100000', 'hex'), Buffer.from('half')]))
  await until(() => surveyor.pipes.size === 101)
  await expectGoodAnswer('the good one still answers')
  t.ok(process.memoryUsage().arrayBuffers - before < 50 * 1_048_576, 'not a megabyte each')
})

t.test('a thousand connections that say nothing are let go, and hold nobody up', async (t) => {
  const { surveyor, open, until, expectGoodAnswer } = await openTarget(t, 300)
  const silent = Array.from({ length: 1_000 }, open)
  await Promise.all(silent.map((peer) => once(peer, 'connect')))
  await expectGoodAnswer('the good one still answers meanwhile')
  await Promise.all(silent.filter((peer) => !peer.closed).map((peer) => once(peer.resume(), 'close')))
  await until(() => (surveyor.counters().rejected['handshake-timeout'] ?? 0) >= 1_000)
  await expectGoodAnswer('and afterwards')
})

t.test('a requester that does not read its replies is not read from, and stops nobody', async (t) => {
  const { address, replier, open, until } = await openTarget(t)
  const greedy = open()
  greedy.pause()
  const body = Buffer.alloc(60_000)
  const frame = Buffer.alloc(8 + 4 + body.length)
  frame.writeUInt32BE(4 + body.length, 4)
  frame.writeUInt32BE(0x80000001, 8)
  greedy.write(requesterHello)
  let written = 0
  // Far more than both kernels and we would buffer.
  while (written < 2_000 && greedy.writableLength < 64 * 1_048_576) {
    greedy.write(frame)
    written += 1
  }
  await until(() => replier.pipes.size === 1)
  const polite = createSpEngine()
  t.teardown(() => polite.close())
  const requester = polite.createRequester()
  polite.dial(address, requester)
  for (let i = 0; i < 20; i += 1) {
    const reply = await requester.request(hello, { timeoutMs: 30_000 })
    t.equal(String(reply), 'hello')
  }
  t.ok(greedy.writableLength > 0, 'what we do not read stays with who sent it')
})

t.test('a handshake cut in pieces is a handshake', async (t) => {
  const { surveyor, open, until } = await openTarget(t)
  const peer = open()
  peer.setNoDelay(true)
  for (const byte of respondentHello) {
    peer.write(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  await until(() => surveyor.pipes.size === 2)
  t.pass()
})

t.test('a port in use says so', async (t) => {
  const { engine, address } = await openTarget(t)
  const other = engine.createSurveyor()
  await t.rejects(engine.listen(address, other), { code: 'ADDRESS_IN_USE', message: /in use/ })
})

t.test('closing while peers are in every state leaves nothing open', async (t) => {
  const { engine, surveyor, open, until } = await openTarget(t)
  const halfShaken = open()
  halfShaken.write(respondentHello.subarray(0, 3))
  const attached = open()
  attached.write(respondentHello)
  await until(() => surveyor.pipes.size === 2)
  const gone = Promise.all([halfShaken, attached].map((peer) => once(peer.resume(), 'close')))
  const round = surveyor.survey(hello, { deadlineMs: 30_000 })
  await engine.close()
  await gone
  t.match(await round.outcome, { endedBy: 'closed' })
  t.equal(surveyor.pipes.size, 0)
})
