// Whatever comes in: nothing is thrown, no reply is larger than it may be, and none tells of anyone but those of the name in its question.

import t from 'tap'
import fc from 'fast-check'
import type { Responder } from '../../../../discovery/lookup/dns/responder.ts'
import { createResponder } from '../../../../discovery/lookup/dns/responder.ts'
import { readReply, writeQuestion } from '../../../fixtures/dns.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'

const hosts: Readonly<Record<string, string>> = {
  web: '10.0.0.1',
  db: '10.0.0.2',
  queue: 'fd00::3',
  shop: 'shop.example',
}

function openResponder(): Responder {
  const instances = Object.entries(hosts).map(([service, host]) =>
    createInstance({ service, host, tags: ['canary'], zone: 'eu' }),
  )
  return createResponder({
    reader: createFakeRoll(instances),
    domain: 'rollcall',
    ownAddresses: ['192.0.2.1'],
    random: Math.random,
    log: {
      error({ err }: { readonly err?: unknown }) {
        throw err
      },
    },
  })
}

/** What any reply may tell that comes back for a question of this name. */
function isOf(name: string, told: string): boolean {
  const asked = name.toLowerCase()
  return Object.entries(hosts).every(([service, host]) => {
    const isTold =
      told.includes(`"${host}"`) || told.includes(host.replaceAll('.', '-')) || told.includes(`"${service}.`)
    return (
      !isTold ||
      asked.includes(service) ||
      asked.includes(host.replaceAll(/[.:]+/g, '-')) ||
      asked.endsWith('.arpa') ||
      asked.includes('addr')
    )
  })
}

function check(respond: Responder, message: Buffer, transport: 'udp' | 'tcp'): void {
  const reply = respond(message, transport)
  if (!reply) return
  if (transport === 'udp' && reply.length > 1232) throw new Error(`${reply.length} bytes`)
  if (message.length < 512 && reply.length > 512 + 11 + message.length)
    throw new Error(`${reply.length} for ${message.length}`)
  const read = readReply(reply)
  if (!read.flag_qr || read.id !== message.readUInt16BE(0)) throw new Error('not a reply to what was asked')
  const told = JSON.stringify([read.answers, read.authorities, read.additionals])
  const name = read.questions?.[0]?.name
  if (name === undefined ? told !== '[[],[],[]]' : !isOf(name, told)) throw new Error(`${name}: ${told}`)
}

const transport = fc.constantFrom('udp', 'tcp')
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array))

const parts = [
  'web',
  'db',
  'queue',
  'shop',
  'service',
  'rollcall',
  'addr',
  '_tcp',
  '_web',
  'zone',
  'near',
  'eu',
  'canary',
  'ns',
  'arpa',
]
const names = fc
  .array(
    fc.oneof(
      fc.constantFrom(...parts, 'in-addr', 'ip6', '10-0-0-1', '0', '10'),
      fc.string({ minLength: 1, maxLength: 8 }),
    ),
    { maxLength: 40 },
  )
  .map((labels) =>
    labels
      .map((label) => label.replaceAll('.', '-'))
      .join('.')
      .slice(0, 240),
  )
const types = fc.constantFrom('A', 'AAAA', 'SRV', 'TXT', 'PTR', 'SOA', 'NS', 'CNAME', 'ANY', 'AXFR', 'OPT')
const questions = fc
  .record({ name: names, type: types, ednsBytes: fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }) })
  .map(({ ednsBytes, ...question }) =>
    writeQuestion(Object({ ...question, ...(ednsBytes !== undefined && { ednsBytes }) })),
  )

t.test('bytes of any kind', async (t) => {
  const respond = openResponder()
  fc.assert(
    fc.property(bytes(600), transport, (message, over) => check(respond, message, over)),
    { numRuns: 30_000 },
  )
  t.pass('none of 30,000 was too much')
})

t.test('headers that look right before bytes of any kind', async (t) => {
  const respond = openResponder()
  const start = Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1])
  fc.assert(
    fc.property(bytes(400), transport, (rest, over) => check(respond, Buffer.concat([start, rest]), over)),
    { numRuns: 20_000 },
  )
  t.pass('none of 20,000 was too much')
})

t.test(
  'questions of any name and type, as they are, cut short, and with bytes changed into others, pointers among them',
  async (t) => {
    const respond = openResponder()
    const changes = fc.array(fc.tuple(fc.nat(300), fc.oneof(fc.nat(255), fc.constantFrom(0xc0, 0xff, 63, 64, 12))), {
      maxLength: 4,
    })
    const cut = fc.option(fc.nat(60), { nil: 0, freq: 3 })
    fc.assert(
      fc.property(questions, changes, cut, transport, (question, changed, short, over) => {
        const message = Buffer.from(question.subarray(0, Math.max(0, question.length - short)))
        for (const [at, byte] of changed) if (at < message.length) message[at] = byte
        check(respond, message, over)
      }),
      { numRuns: 50_000 },
    )
    t.pass('none of 50,000 was too much')
  },
)

t.test('the check would notice', async (t) => {
  t.notOk(isOf('db.service.rollcall', '[{"data":"10.0.0.1"}]'))
  t.ok(isOf('web.service.rollcall', '[{"data":"10.0.0.1"}]'))
})
