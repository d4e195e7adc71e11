import fc from 'fast-check'
import t from 'tap'
import type { FaultCause, GoodbyeReason } from '../../../messaging/iris/frame.ts'
import {
  formatBroadcastHead,
  formatCancel,
  formatFault,
  formatGoodbye,
  formatHello,
  formatName,
  formatPublishHead,
  formatReplyHead,
  formatRequestHead,
  frameLimits,
  isTunnelKind,
  readCancel,
  readCast,
  readFault,
  readGoodbye,
  readHello,
  readReply,
  readRequest,
} from '../../../messaging/iris/frame.ts'

const readers = [readHello, readRequest, readReply, readFault, readCancel, readCast, readGoodbye]
const body = Buffer.from('body')

t.test('the bytes of every frame are those of the table', async (t) => {
  const hex = (...parts: Uint8Array[]) => Buffer.concat(parts).toString('hex')
  const hello = { version: 1, boot: 'b', cluster: 'web', id: 'w1', address: 'tcp://:1' }
  t.equal(hex(formatHello(hello)), '01' + '01' + '0162' + '03776562' + '027731' + '087463703a2f2f3a31')
  t.equal(
    hex(formatRequestHead(false, 258, 5_000, formatName('web')), body),
    '02' + '00' + '00000102' + '00001388' + '03776562' + '626f6479',
  )
  t.equal(hex(formatRequestHead(true, 1, 0.2, formatName(''))), '02' + '01' + '00000001' + '00000001' + '00')
  t.equal(hex(formatReplyHead(1, 7), body), '03' + 'ff' + '00000007' + '626f6479')
  t.equal(
    hex(formatFault({ load: 0, id: 7, cause: 'handler', code: 'E', text: 'no' })),
    '04' + '00' + '00000007' + '01' + '0145' + '6e6f',
  )
  t.equal(hex(formatCancel(7)), '0500000007')
  t.equal(hex(formatBroadcastHead('web'), body), '06' + '03776562' + '626f6479')
  t.equal(hex(formatPublishHead('p'), body), '07' + '0170' + '626f6479')
  t.equal(hex(formatGoodbye('leaving')), '0801')
  t.same(
    [0x3f, 0x40, 0x4f, 0x50].map((kind) => isTunnelKind(kind)),
    [false, true, true, false],
  )
})

t.test('what is written is read back', async (t) => {
  const name = fc.string({ unit: 'grapheme', maxLength: 40 })
  const word = fc.nat(0xffff_ffff)
  const bytes = fc.uint8Array({ maxLength: 200 })
  fc.assert(
    fc.property(name, name, word, word, fc.boolean(), bytes, (one, two, id, remainingMs, isSurvey, payload) => {
      const hello = { version: 1, boot: `b${one}`, cluster: two, id: one, address: two }
      t.same(readHello(formatHello(hello)), hello)
      const request = readRequest(
        Buffer.concat([formatRequestHead(isSurvey, id, remainingMs, formatName(one)), payload]),
      )
      t.same(request, { isSurvey, id, remainingMs, cluster: one, body: Buffer.from(payload) })
      t.same(readReply(Buffer.concat([formatReplyHead(0, id), payload])), { load: 0, id, body: Buffer.from(payload) })
      t.equal(readCancel(formatCancel(id)), id)
      const cast = { name: one, body: Buffer.from(payload) }
      t.same(readCast(Buffer.concat([formatBroadcastHead(one), payload])), cast)
      t.same(readCast(Buffer.concat([formatPublishHead(one), payload])), cast)
    }),
    { numRuns: 500 },
  )
  const causes: readonly FaultCause[] = ['handler', 'busy', 'not-here', 'not-allowed']
  for (const cause of causes) {
    const fault = { load: 1, id: 3, cause, code: 'E_NO', text: 'nö' }
    t.same(readFault(formatFault(fault)), fault)
  }
  const reasons: readonly GoodbyeReason[] = ['idle', 'leaving', 'surplus']
  for (const reason of reasons) t.equal(readGoodbye(formatGoodbye(reason)), reason)
})

t.test('what is too long is cut at a whole character, and never makes a frame that cannot be read', async (t) => {
  const code = 'ü'.repeat(200)
  const read = readFault(formatFault({ load: 0, id: 1, cause: 'handler', code, text: 'ß'.repeat(5_000) }))
  t.equal(read?.code, 'ü'.repeat(127))
  t.equal(Buffer.byteLength(read?.text ?? ''), frameLimits.maxFaultTextBytes)
})

t.test('a body is a view of the message', async (t) => {
  const message = Buffer.concat([formatReplyHead(0, 1), body])
  const reply = readReply(message)
  message[6] = 0x42
  t.equal(String(reply?.body), 'Body')
})

t.test('frames that break off, or name what does not exist, are not read', async (t) => {
  const whole: readonly (readonly [(message: Buffer) => unknown, Buffer])[] = [
    [readHello, formatHello({ version: 1, boot: 'b', cluster: 'c', id: 'i', address: 'a' })],
    [readRequest, formatRequestHead(false, 1, 1, formatName('web'))],
    [readReply, formatReplyHead(0, 1)],
    [readFault, formatFault({ load: 0, id: 1, cause: 'busy', code: 'E', text: '' })],
    [readCancel, formatCancel(1)],
    [readCast, formatBroadcastHead('web')],
    [readGoodbye, formatGoodbye('idle')],
  ]
  for (const [read, message] of whole) {
    t.ok(read(message) !== undefined)
    for (let length = 0; length < message.length; length += 1)
      t.equal(read(message.subarray(0, length)), undefined, `${read.name} of ${length} bytes`)
  }
  t.equal(readHello(formatHello({ version: 1, boot: '', cluster: '', id: '', address: '' })), undefined, 'no boot')
  t.equal(readFault(Buffer.from([4, 0, 0, 0, 0, 1, 99, 0])), undefined, 'a cause of a later version')
  t.equal(readGoodbye(Buffer.from([8, 9])), undefined)
  t.equal(readCast(Buffer.from([6, 2, 0xc3, 0x28])), undefined, 'not UTF-8')
})

t.test('whatever bytes come, reading throws nothing and gives nothing longer than what came', async (t) => {
  const whole = [
    formatHello({ version: 1, boot: 'b', cluster: 'c', id: 'i', address: 'a' }),
    formatRequestHead(false, 1, 1, formatName('web')),
    formatFault({ load: 0, id: 1, cause: 'busy', code: 'E', text: 'text' }),
    formatBroadcastHead('web'),
  ]
  const mutated = fc
    .tuple(fc.constantFrom(...whole), fc.nat(40), fc.nat(255), fc.uint8Array({ maxLength: 20 }))
    .map(([frame, at, value, tail]) => {
      const bytes = Buffer.concat([frame, tail])
      bytes[at % bytes.length] = value
      return bytes
    })
  let read = 0
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated), (given) => {
      const message = Buffer.from(given)
      for (const reader of readers) {
        const found: unknown = reader(message)
        if (found === undefined) continue
        read += 1
        if (typeof found !== 'object') continue
        for (const value of Object.values(Object(found)))
          if (Buffer.isBuffer(value) && value.length > message.length) throw new Error('longer than the message')
      }
    }),
    { numRuns: 50_000 },
  )
  t.ok(read > 1_000, `${read} were frames`)
})
