import t from 'tap'
import type { Instance } from '../../../../discovery/registry/instance.ts'
import { createResponder } from '../../../../discovery/lookup/dns/responder.ts'
import { ask as askResponder, listAnswers, writeQuestion, readReply } from '../../../fixtures/dns.ts'
import type { DnsQuestion } from '../../../fixtures/dns.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'

function web(at: number, fields: Partial<Instance> = {}): Instance {
  return createInstance({ service: 'web', id: `web-${at}`, host: `10.0.0.${at}`, port: 8_000 + at, ...fields })
}

function openZone(instances: readonly Instance[], { random = Math.random, domain = 'rollcall' } = {}) {
  const roll = createFakeRoll(instances)
  const respond = createResponder({ reader: roll, domain, ownAddresses: ['192.0.2.1', '2001:db8::1'], random })
  const put = (now: readonly Instance[]) => {
    roll.state.instances = now
    roll.state.sequence += 1
  }
  return {
    roll,
    respond,
    put,
    ask: (name: string, type: DnsQuestion['type'] = 'A') => askResponder(respond, { name, type, ednsBytes: 1232 }),
    list: (name: string, type: DnsQuestion['type'] = 'A') =>
      listAnswers(askResponder(respond, { name, type, ednsBytes: 1232 })),
  }
}

const fleet: readonly Instance[] = [
  web(1, { zone: 'eu-1a', tags: ['canary'], weight: 10 }),
  web(2, { zone: 'eu-1b', tags: ['Blue'] }),
  web(3, { zone: 'eu-1a', host: 'fd00::3' }),
]

t.test('a name has the addresses of all of its family, and SRV all places with their weights', async (t) => {
  const { ask, list } = openZone(fleet)
  t.same(list('web.service.rollcall'), ['A 10.0.0.1', 'A 10.0.0.2'])
  t.same(list('web.service.rollcall', 'AAAA'), ['AAAA fd00::3'])
  const reply = ask('web.service.rollcall', 'SRV')
  const places = [
    'SRV 0 1 8002 10-0-0-2.addr.rollcall',
    'SRV 0 1 8003 fd00-0-0-0-0-0-0-3.addr.rollcall',
    'SRV 0 10 8001 10-0-0-1.addr.rollcall',
  ]
  t.same(listAnswers(reply), places)
  t.match(reply, { rcode: 'NOERROR', flag_aa: true, flag_tc: false, flag_rd: true, flag_ra: false, id: 4711 })
  t.same(listAnswers(ask('_web._tcp.rollcall', 'SRV')), places, 'RFC 2782')
  const addresses = reply.additionals.filter(({ type }) => type !== 'OPT')
  t.same(addresses.map((record) => `${record.name} ${String(Object(record).data)}`).toSorted(), [
    '10-0-0-1.addr.rollcall 10.0.0.1',
    '10-0-0-2.addr.rollcall 10.0.0.2',
    'fd00-0-0-0-0-0-0-3.addr.rollcall fd00::3',
  ])
  t.same(list('10-0-0-2.addr.rollcall'), ['A 10.0.0.2'], 'targets resolve')
  t.same(list('fd00-0-0-0-0-0-0-3.addr.rollcall', 'AAAA'), ['AAAA fd00::3'])
  for (const record of reply.answers) t.equal(Object(record).ttl, 0)
})

t.test('tags and places narrow a name, whatever the case', async (t) => {
  const { list, ask } = openZone(fleet)
  t.same(list('canary.web.service.rollcall'), ['A 10.0.0.1'])
  t.same(list('blue.web.service.rollcall'), ['A 10.0.0.2'])
  t.same(list('BLUE.web.service.rollcall'), ['A 10.0.0.2'])
  t.same(list('canary.blue.web.service.rollcall'), [])
  t.same(list('eu-1b.zone.web.service.rollcall'), ['A 10.0.0.2'])
  t.same(list('canary.eu-1a.zone.web.service.rollcall'), ['A 10.0.0.1'])
  t.same(list('eu-1b.near.web.service.rollcall'), ['A 10.0.0.2'])
  t.same(list('us-9.near.web.service.rollcall'), ['A 10.0.0.1', 'A 10.0.0.2'], 'the others where nobody is near')
  t.equal(ask('us-9.zone.web.service.rollcall').rcode, 'NXDOMAIN')
  t.equal(ask('!canary.web.service.rollcall').rcode, 'NXDOMAIN')
  const reply = ask('Web.SERVICE.rollCall')
  t.match(reply, { questions: [{ name: 'Web.SERVICE.rollCall' }], answers: [{ name: 'Web.SERVICE.rollCall' }] })
  const capitals = openZone([web(1, { zone: 'EU-1a' }), web(2)])
  t.same(capitals.list('eu-1a.zone.web.service.rollcall'), ['A 10.0.0.1'])
  t.same(capitals.list('eu-1a.near.web.service.rollcall'), ['A 10.0.0.1'])
})

t.test('what is handed out is what every door hands out', async (t) => {
  const { put, list, ask } = openZone([web(1, { status: 'warning' }), web(2), web(3, { state: 'suspect' })])
  t.same(list('web.service.rollcall'), ['A 10.0.0.2'])
  put([web(1, { status: 'warning' }), web(3, { state: 'suspect' })])
  t.same(list('web.service.rollcall'), ['A 10.0.0.1'])
  put([web(1, { weight: 0 }), web(2)])
  t.same(list('web.service.rollcall'), ['A 10.0.0.2'])
  put([web(1, { status: 'critical' }), web(2, { status: 'draining' })])
  for (const type of ['A', 'SRV', 'TXT', 'ANY'] as const)
    t.match(ask('web.service.rollcall', type), { rcode: 'NOERROR', answers: [], authorities: [{ type: 'SOA' }] })
})

t.test('TXT says of each what it says of itself', async (t) => {
  const { list } = openZone([
    web(1, {
      zone: 'eu-1a',
      version: '1.4.2',
      tags: ['canary', 'big'],
      meta: { commit: 'abc', long: 'x'.repeat(250) },
    }),
    web(2),
  ])
  t.same(list('web.service.rollcall', 'TXT'), [
    'TXT id=web-1 address=tcp://10.0.0.1:8001 zone=eu-1a version=1.4.2 tag=canary tag=big meta.commit=abc',
    'TXT id=web-2 address=tcp://10.0.0.2:8002',
  ])
})

t.test('who is known by a host name is a target by that name, or its alias', async (t) => {
  const { put, list, ask } = openZone([web(1, { host: 'web-1.example' })])
  t.same(list('web.service.rollcall', 'SRV'), ['SRV 0 1 8001 web-1.example'])
  for (const type of ['A', 'AAAA', 'CNAME'] as const)
    t.same(list('web.service.rollcall', type), ['CNAME web-1.example'])
  t.same(ask('web.service.rollcall', 'SRV').additionals.length, 1, 'EDNS alone: the address is for others to say')
  put([web(1, { host: 'web-1.example' }), web(2)])
  t.same(list('web.service.rollcall'), ['A 10.0.0.2'], 'an alias cannot stand beside an address')
  t.same(list('web.service.rollcall', 'AAAA'), [])
  t.same(list('web.service.rollcall', 'CNAME'), [])
  t.equal(ask('web.service.rollcall', 'SRV').answers.length, 2)
})

t.test('an address that several share stands in an answer once', async (t) => {
  const { list, ask } = openZone([web(1, { port: 1 }), web(1, { id: 'b', port: 2 })])
  t.same(list('web.service.rollcall'), ['A 10.0.0.1'])
  const reply = ask('web.service.rollcall', 'SRV')
  t.equal(reply.answers.length, 2)
  t.equal(reply.additionals.filter(({ type }) => type === 'A').length, 1)
})

t.test('an address on the roll has the names of who is there, and no other address has any', async (t) => {
  const { list, ask, put } = openZone([
    web(1),
    createInstance({ service: 'db', host: '10.0.0.1' }),
    web(3, { host: 'fd00::3' }),
  ])
  t.same(list('1.0.0.10.in-addr.arpa', 'PTR'), ['PTR db.service.rollcall', 'PTR web.service.rollcall'])
  const v6 = '3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa'
  t.same(list(v6, 'PTR'), ['PTR web.service.rollcall'])
  t.same(list(v6.toUpperCase(), 'PTR'), ['PTR web.service.rollcall'])
  const nodata = ask('1.0.0.10.in-addr.arpa', 'TXT')
  t.match(nodata, { rcode: 'NOERROR', answers: [], authorities: [{ type: 'SOA', name: '1.0.0.10.in-addr.arpa' }] })
  for (const name of [
    '2.0.0.10.in-addr.arpa',
    '01.0.0.10.in-addr.arpa',
    '0.0.10.in-addr.arpa',
    'in-addr.arpa',
    'ip6.arpa',
    '1.ip6.arpa',
  ])
    t.equal(ask(name, 'PTR').rcode, 'REFUSED', name)
  t.equal(ask('10-0-0-2.addr.rollcall').rcode, 'NXDOMAIN')
  put([web(2)])
  t.equal(ask('1.0.0.10.in-addr.arpa', 'PTR').rcode, 'REFUSED', 'it has left')
  t.same(list('2.0.0.10.in-addr.arpa', 'PTR'), ['PTR web.service.rollcall'])
})

t.test(
  'what is not there is NXDOMAIN, what has nothing of the type is NODATA, both with how long that holds',
  async (t) => {
    const { ask } = openZone(fleet)
    const soa = { type: 'SOA', name: 'rollcall', ttl: 1, data: { mname: 'ns.rollcall', serial: 4, minimum: 1 } }
    const absent = [
      'nobody.service.rollcall',
      'web.rollcall',
      'a.ns.rollcall',
      'not_a_name-.service.rollcall',
      'web._tcp.rollcall',
    ]
    absent.push(
      '_nobody._tcp.rollcall',
      '_canary._web._tcp.rollcall',
      '_web._udp.rollcall',
      'x.10-0-0-1.addr.rollcall',
      '300-0-0-1.addr.rollcall',
    )
    absent.push('a.zone.b.zone.web.service.rollcall')
    for (const name of absent)
      t.match(ask(name), { rcode: 'NXDOMAIN', flag_aa: true, answers: [], authorities: [soa] }, name)
    // Names with others below them are there, for whoever asks label by label.
    const there = [
      'service.rollcall',
      '_tcp.rollcall',
      'addr.rollcall',
      'zone.web.service.rollcall',
      'near.web.service.rollcall',
    ]
    for (const name of [...there, '_web._tcp.rollcall', 'rollcall', 'fd00-0-0-0-0-0-0-3.addr.rollcall'])
      t.match(ask(name), { rcode: 'NOERROR', flag_aa: true, answers: [], authorities: [soa] }, name)
    t.match(ask('web.service.rollcall', 'MX'), { rcode: 'NOERROR', answers: [], authorities: [soa] })
    t.match(ask('NOBODY.service.RollCall').authorities, [{ name: 'RollCall' }])
  },
)

t.test('the zone has a head', async (t) => {
  const { list, ask } = openZone(fleet)
  t.match(ask('rollcall', 'SOA').answers, [{ type: 'SOA', name: 'rollcall' }])
  t.same(list('rollcall', 'NS'), ['NS ns.rollcall'])
  t.same(list('ns.rollcall'), ['A 192.0.2.1'])
  t.same(list('ns.rollcall', 'AAAA'), ['AAAA 2001:db8::1'])
  const deep = openZone(fleet, { domain: 'roll.example' })
  t.same(deep.list('web.service.roll.example'), ['A 10.0.0.1', 'A 10.0.0.2'])
  t.match(deep.ask('nobody.service.roll.example').authorities, [{ name: 'roll.example' }])
  t.equal(deep.ask('example', 'SOA').rcode, 'REFUSED')
})

t.test('whatever is not ours is refused', async (t) => {
  const { ask, list, respond } = openZone(fleet)
  for (const name of ['example.com', '.', 'com', 'web.service.consul', 'xrollcall'])
    t.match(ask(name), { rcode: 'REFUSED', flag_aa: false, answers: [], authorities: [] }, name)
  for (const type of ['AXFR', 'IXFR'] as const) t.equal(ask('rollcall', type).rcode, 'REFUSED')
  const chaos = writeQuestion({ name: 'web.service.rollcall' })
  chaos.writeUInt16BE(3, chaos.length - 2)
  t.equal(readReply(respond(chaos, 'udp') ?? Buffer.alloc(0)).rcode, 'REFUSED')
  t.same(list('web.service.rollcall', 'ANY').length, 1, 'a question for everything gets next to nothing')
})

t.test('nothing is denied that is not known yet', async (t) => {
  const { roll, ask, list } = openZone(fleet)
  roll.state.isReady = false
  roll.state.outcomes.set('nobody', { outcome: 'WARMING_UP', retryAfterMs: 10 })
  t.same(list('web.service.rollcall').length, 2, 'what is known is said')
  for (const name of ['nobody.service.rollcall', '10-9-9-9.addr.rollcall', '9.9.9.10.in-addr.arpa'])
    t.match(ask(name), { rcode: 'SERVFAIL', flag_aa: false, authorities: [] }, name)
})

t.test('the order is by chance, and by weight', async (t) => {
  const firsts = new Map<string, number>()
  const { ask, put } = openZone([web(1), web(2), web(3)])
  const count = () => {
    firsts.clear()
    for (let i = 0; i < 3_000; i += 1) {
      const first = String(Object(ask('web.service.rollcall').answers[0]).data)
      firsts.set(first, (firsts.get(first) ?? 0) + 1)
    }
    return (at: number) => (firsts.get(`10.0.0.${at}`) ?? 0) / 3_000
  }
  const even = count()
  for (const at of [1, 2, 3]) t.ok(even(at) > 0.25 && even(at) < 0.42, `${even(at)} of a third`)
  put([web(1, { weight: 8 }), web(2), web(3)])
  const heavy = count()
  t.ok(heavy(1) > 0.72 && heavy(1) < 0.88, `${heavy(1)} of eight tenths`)
})
