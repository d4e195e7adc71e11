// How large a reply may be, what is left out of it, and what stands in its header.

import t from 'tap'
import type { OptAnswer } from 'dns-packet'
import { decode, encode } from 'dns-packet'
import { createResponder } from '../../../../discovery/lookup/dns/responder.ts'
import { ask, listAnswers, readReply, writeQuestion } from '../../../fixtures/dns.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'

function openResponder(instances: number, log?: { error(): void }) {
  const hosts = Array.from({ length: instances }, (_, at) => `10.0.${at >> 8}.${at & 255}`)
  const roll = createFakeRoll(hosts.map((host) => createInstance({ service: 'web', id: host, host })))
  return {
    roll,
    respond: createResponder({ reader: roll, domain: 'rollcall', ownAddresses: [], random: Math.random, log }),
  }
}

const name = 'web.service.rollcall'
const header = (flags: number, ...counts: number[]) =>
  Buffer.from(Uint16Array.from([1, flags, ...counts]).buffer).swap16()

t.test('over UDP a reply has at most what the client takes, at most 1232, and 512 without EDNS', async (t) => {
  const { respond } = openResponder(500)
  for (const type of ['A', 'SRV', 'TXT'] as const)
    for (const [ednsBytes, limit] of [
      [undefined, 512],
      [1, 512],
      [100, 512],
      [800, 800],
      [1232, 1232],
      [65_535, 1232],
    ] as const) {
      const reply = ask(respond, { name, type, ...(ednsBytes !== undefined && { ednsBytes }) })
      t.ok(reply.bytes <= limit, `${type} ${reply.bytes} of ${limit}`)
      t.ok(reply.bytes > limit - 150, 'as many whole records as fit')
      t.equal(reply.flag_tc, true)
      t.equal(
        reply.additionals.some((record) => record.type === 'OPT'),
        ednsBytes !== undefined,
      )
    }
})

t.test('over TCP the same question has everyone', async (t) => {
  const { respond } = openResponder(1_000)
  const reply = ask(respond, { name, type: 'SRV', transport: 'tcp' })
  t.match(reply, { flag_tc: false, rcode: 'NOERROR' })
  t.equal(new Set(listAnswers(reply)).size, 1_000)
  // An additional record that no pointer reaches is left out; each that is there is that of its target.
  t.ok(reply.additionals.length > 200)
  for (const record of reply.additionals)
    t.equal(record.name, `${String(Object(record).data).replaceAll('.', '-')}.addr.rollcall`)
  t.equal(ask(respond, { name, type: 'A', transport: 'tcp' }).answers.length, 1_000)
  const { respond: tooMany } = openResponder(2_000)
  t.match(ask(tooMany, { name, type: 'SRV', transport: 'tcp' }), { flag_tc: true }, 'no message has more than 64 KiB')
})

t.test('what is only helpful is left out before anything is cut', async (t) => {
  const { respond } = openResponder(25)
  const reply = ask(respond, { name, type: 'SRV', ednsBytes: 1232 })
  t.equal(reply.answers.length, 25)
  t.equal(reply.flag_tc, false)
  t.ok(reply.additionals.length > 1 && reply.additionals.length < 26)
})

t.test('no other version of EDNS is spoken', async (t) => {
  const { respond } = openResponder(1)
  const question = writeQuestion({ name, ednsBytes: 1232 })
  question[question.length - 5] = 1
  const reply = respond(question, 'udp') ?? Buffer.alloc(0)
  t.match(readReply(reply), { answers: [], additionals: [{ type: 'OPT', extendedRcode: 1 }] })
  t.equal(reply.readUInt16BE(2) & 0xf, 0)
})

t.test('what is no question is told so, in no more bytes than it had', async (t) => {
  const { respond } = openResponder(1)
  const question = writeQuestion({ name })
  const cases: readonly (readonly [string, Buffer])[] = [
    ['NOTIMP', header(0x2800, 1, 0, 0, 0)],
    ['NOTIMP', header(0x1000, 0, 0, 0, 0)],
    ['FORMERR', header(0, 0, 0, 0, 0)],
    ['FORMERR', header(0, 2, 0, 0, 0)],
    ['FORMERR', header(0, 65_535, 65_535, 65_535, 65_535)],
    ['FORMERR', question.subarray(0, -1)],
    ['FORMERR', Buffer.concat([header(0, 1, 0, 0, 0), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])])],
    ['FORMERR', Buffer.concat([header(0, 1, 0, 0, 0), Buffer.from([1, 97, 0xc0, 0x0c, 0, 1, 0, 1])])],
    ['FORMERR', Buffer.concat([header(0, 1, 0, 0, 0), Buffer.alloc(600, '\x01a')])],
    ['FORMERR', Buffer.concat([writeQuestion({ name, ednsBytes: 512 }), Buffer.alloc(0)]).subarray(0, -4)],
  ]
  for (const [rcode, message] of cases) {
    const reply = respond(message, 'udp') ?? Buffer.alloc(0)
    t.match(readReply(reply), { rcode, flag_qr: true, id: message.readUInt16BE(0), answers: [] })
    t.ok(reply.length <= message.length)
  }
  const option: OptAnswer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 512,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  }
  const twice = encode({ questions: [{ name, type: 'A' }], additionals: [option, option] })
  t.equal(readReply(respond(twice, 'udp') ?? Buffer.alloc(0)).rcode, 'FORMERR')
})

t.test('an answer is never answered, nor what is too short for an id', async (t) => {
  const { respond } = openResponder(1)
  t.equal(respond(encode({ type: 'response', questions: [{ name, type: 'A' }] }), 'udp'), undefined)
  t.equal(respond(Buffer.alloc(11), 'udp'), undefined)
  t.equal(respond(Buffer.alloc(0), 'tcp'), undefined)
})

t.test('a label with a dot in it is not two labels', async (t) => {
  const { respond } = openResponder(1)
  const dotted = Buffer.concat([header(0, 1, 0, 0, 0), Buffer.from('\x0bweb.service\x08rollcall\x00\x00\x01\x00\x01')])
  t.equal(decode(dotted).questions?.[0]?.name, name, 'the library does not tell')
  t.equal(readReply(respond(dotted, 'udp') ?? Buffer.alloc(0)).rcode, 'NXDOMAIN')
})

t.test('a failure of our own is SERVFAIL, and is in the log', async (t) => {
  let logged = 0
  const { roll, respond } = openResponder(1, { error: () => (logged += 1) })
  roll.lookupAll = () => {
    throw new Error('broken')
  }
  t.match(ask(respond, { name }), { rcode: 'SERVFAIL', answers: [] })
  t.equal(logged, 1)
})
