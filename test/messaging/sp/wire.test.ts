import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { formatHandshake, FrameReader, readHandshake } from '../../../messaging/sp/frame.ts'
import { createIdSequence, readBacktrace, readId } from '../../../messaging/sp/header.ts'
import fc from 'fast-check'

const surveyorHello = '0053500000620000'
const respondentHello = '0053500000630000'

/** Short enough for a socket's path, which tap's own fixtures are not. */
async function temporaryDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sp-'))
  t.teardown(() => rm(directory, { recursive: true }))
  return directory
}

/** Reads a socket until so many bytes are there. */
function readBytes(socket: Socket, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length < bytes) return
      socket.off('data', onData)
      resolve(received)
    }
    socket.on('data', onData)
    socket.once('error', reject)
  })
}

t.test('the handshake is the eight bytes of sp-tcp-mapping-01', async (t) => {
  t.equal(formatHandshake(0x62).toString('hex'), surveyorHello)
  t.equal(readHandshake(Buffer.from(respondentHello, 'hex')), 0x63)
  t.equal(readHandshake(Buffer.from('0053500100630000', 'hex')), undefined, 'another version')
  t.equal(readHandshake(Buffer.from('0053500000630001', 'hex')), undefined, 'reserved bytes')
  t.equal(readHandshake(Buffer.from('GET / HT')), undefined)
})

t.test('a survey and its answer over tcp are golden, byte for byte', async (t) => {
  const engine = createSpEngine({ random: () => 0 })
  t.teardown(() => engine.close())
  let onAttach = () => {}
  const isAttached = new Promise<void>((resolve) => {
    onAttach = resolve
  })
  const surveyor = engine.createSurveyor({ onAttach })
  const listener = await engine.listen('tcp://127.0.0.1:0', surveyor)
  const peer = connect(Number(listener.address.split(':').pop()), '127.0.0.1')
  t.teardown(() => peer.destroy())
  peer.write(Buffer.from(respondentHello, 'hex'))
  t.equal((await readBytes(peer, 8)).toString('hex'), surveyorHello)
  await isAttached
  const round = surveyor.survey(Buffer.from('service query'), { deadlineMs: 5_000 })
  const question = await readBytes(peer, 25)
  t.equal(question.toString('hex'), `000000000000001180000000${Buffer.from('service query').toString('hex')}`)
  peer.write(Buffer.from(`000000000000000780000000${Buffer.from('a|b').toString('hex')}`, 'hex'))
  const answers = []
  for await (const answer of round) answers.push(answer.body.toString())
  t.same(answers, ['a|b'])
  t.match(await round.outcome, { asked: 1, answered: 1, missing: [], endedBy: 'complete' })
})

t.test('ipc puts 0x01 before each length', async (t) => {
  const path = `${await temporaryDirectory(t)}/golden`
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const replier = engine.createReplier((body) => body)
  await engine.listen(`ipc://${path}`, replier)
  const peer = connect({ path })
  t.teardown(() => peer.destroy())
  peer.write(Buffer.from('0053500000300000' + '010000000000000006' + '80000001' + '6869', 'hex'))
  const reply = await readBytes(peer, 23)
  t.equal(reply.toString('hex'), '0053500000310000' + '010000000000000006' + '80000001' + '6869')
})

t.test('a dead socket file is replaced, a live one and a plain file are not', async (t) => {
  const dir = await temporaryDirectory(t)
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const listen = (name: string) =>
    engine.listen(
      `ipc://${dir}/${name}`,
      engine.createReplier((body) => body),
    )
  // A listener that ends removes its own file: one that was moved away stays behind, dead.
  const dying = createServer()
  await new Promise<void>((resolve) => dying.listen(`${dir}/dying`, resolve))
  await rename(`${dir}/dying`, `${dir}/dead`)
  await new Promise((resolve) => dying.close(resolve))
  await listen('dead')
  t.pass('listens in place of the dead one')
  await t.rejects(listen('dead'), { code: 'ADDRESS_IN_USE' }, 'which lives now')
  await writeFile(`${dir}/plain`, 'text')
  await t.rejects(listen('plain'), { code: 'ADDRESS_IN_USE' })
  await t.rejects(listen('x'.repeat(120)), { code: 'ADDRESS_INVALID' }, 'a path that the kernel would cut')
})

t.test('hop words come back with the answer as they were', async (t) => {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const respondent = engine.createRespondent(() => Buffer.from('here'))
  const surveyor = createServer()
  await new Promise<void>((resolve) => surveyor.listen(0, '127.0.0.1', resolve))
  t.teardown(() => surveyor.close())
  const address = surveyor.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const connection = new Promise<Socket>((resolve) => surveyor.once('connection', resolve))
  engine.dial(`tcp://127.0.0.1:${port}`, respondent)
  const device = await connection
  t.teardown(() => device.destroy())
  device.write(Buffer.from(surveyorHello + '000000000000000d' + '00000007' + '00000008' + '80000001' + '3f', 'hex'))
  const answer = await readBytes(device, 8 + 8 + 16)
  t.equal(answer.subarray(8).toString('hex'), '0000000000000010' + '00000007' + '00000008' + '80000001' + '68657265')
})

t.test('headers are read as the RFC has them', async (t) => {
  const words = (...hex: string[]) => Buffer.from(hex.join(''), 'hex')
  t.equal(readBacktrace(words('80000001', '61'), 8), 4)
  t.equal(readBacktrace(words('00000001', '80000001'), 8), 8)
  t.equal(readBacktrace(words('00000001'), 8), 'malformed', 'no id')
  t.equal(readBacktrace(words('8000'), 8), 'malformed', 'too short')
  t.equal(readBacktrace(words(...Array<string>(7).fill('00000001'), '80000001'), 8), 32)
  t.equal(readBacktrace(words(...Array<string>(8).fill('00000001'), '80000001'), 8), 'too-many-hops')
  t.equal(readId(words('00000001')), undefined)
  t.equal(readId(words('ffffffff')), 0xffffffff)
})

t.test('ids have their top bit set, follow one another and wrap', async (t) => {
  const ids = createIdSequence(() => 1 - 2 ** -31)
  t.equal(ids.next(), 0xffffffff)
  t.equal(ids.next(), 0x80000000)
  t.ok(ids.isOurs(0xffffffff))
  t.ok(ids.isOurs(0x80000000))
  t.notOk(ids.isOurs(0x80000001))
})

t.test('messages come out whole, however the stream is cut', async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
      fc.array(fc.nat({ max: 60 }), { maxLength: 40 }),
      fc.constantFrom('none' as const, 'ipc' as const),
      (messages, cuts, prefix) => {
        const stream = Buffer.concat(
          messages.flatMap((message) => {
            const length = Buffer.alloc(8)
            length.writeUInt32BE(message.length, 4)
            return [...(prefix === 'ipc' ? [Buffer.from([1])] : []), length, message]
          }),
        )
        const read: string[] = []
        const sink = {
          message: (message: Buffer) => void read.push(message.toString('hex')),
          frameError: (error: string) => void t.fail(error),
        }
        const reader = new FrameReader(sink, sink, prefix, 1_000)
        let at = 0
        for (const cut of cuts) {
          reader.push(stream.subarray(at, at + cut))
          at += cut
        }
        reader.push(stream.subarray(at))
        return read.join() === messages.map((message) => Buffer.from(message).toString('hex')).join()
      },
    ),
    { numRuns: 2_000 },
  )
})

t.test(
  'a hundred thousand random streams neither crash the frame reader nor make it hold more than it was given',
  async (t) => {
    let failed = 0
    let delivered = 0
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), fc.boolean(), (chunks, isIpc) => {
        let errors = 0
        const sink = {
          message(message: Buffer) {
            delivered += 1
            if (message.length > 64) throw new Error('over the limit')
          },
          frameError() {
            errors += 1
          },
        }
        const reader = new FrameReader(sink, sink, isIpc ? 'ipc' : 'none', 64)
        // Most random lengths are absurd; zeros in front make some of them legal.
        for (const chunk of chunks) reader.push(Buffer.concat([Buffer.alloc(chunk.length % 9), chunk]))
        failed += errors
        return errors <= 1
      }),
      { numRuns: 100_000 },
    )
    t.ok(failed > 1_000, 'absurd lengths were refused')
    t.ok(delivered > 1_000, 'legal ones were delivered')
  },
)
