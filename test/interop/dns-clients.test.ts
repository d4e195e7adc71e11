// dig and drill, on the whole daemon: they check every byte of what they are sent, and say what they do not understand.

import type { Test } from 'tap'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { requireTool } from '../fixtures/require-tool.ts'
import { openDnsFleet } from './open-dns-fleet.ts'

const run = promisify(execFile)

const web = (at: number, more = '') =>
  `{"service":"web","id":"web-${at}","address":"http://10.0.${at >> 8}.${at & 255}:8080"${more}}`

async function openFleet(t: Test) {
  const fleet = await openDnsFleet(t)
  await fleet.join(
    web(7, ',"zone":"eu-1a","weight":10,"tags":["canary"]'),
    web(8, ',"zone":"eu-1b","version":"1.4.2"'),
    '{"service":"web","id":"web-6","address":"http://[fd00::6]:80"}',
    'legacy|tcp://old.example:25',
    ...Array.from({ length: 300 }, (_, at) => web(at, '').replaceAll('web', 'crowd')),
  )
  return fleet
}

const sorted = (text: string) => text.trim().split('\n').toSorted()

t.test('dig', async (t) => {
  if (!requireTool(t, 'dig', 'bind9-dnsutils')) return
  const { port } = await openFleet(t)
  const dig = async (...words: string[]) => {
    const { stdout } = await run('dig', [
      '@127.0.0.1',
      '-p',
      String(port),
      '+norecurse',
      '+tries=5',
      '+timeout=10',
      ...words,
    ])
    t.notMatch(stdout, /WARNING|malformed|extra bytes/i, words.join(' '))
    return stdout
  }
  const short = async (...words: string[]) => sorted(await dig('+short', ...words))

  t.same(await short('web.service.rollcall'), ['10.0.0.7', '10.0.0.8'])
  t.same(await short('web.service.rollcall', 'AAAA'), ['fd00::6'])
  const places = [
    '0 1 80 fd00-0-0-0-0-0-0-6.addr.rollcall.',
    '0 1 8080 10-0-0-8.addr.rollcall.',
    '0 10 8080 10-0-0-7.addr.rollcall.',
  ]
  t.same(await short('web.service.rollcall', 'SRV'), places)
  t.same(await short('_web._tcp.rollcall', 'SRV'), places)
  t.same(await short('canary.web.service.rollcall'), ['10.0.0.7'])
  t.same(await short('eu-1b.zone.web.service.rollcall'), ['10.0.0.8'])
  t.same(await short('eu-1a.near.web.service.rollcall'), ['10.0.0.7'])
  t.same(await short('eu-9.near.web.service.rollcall'), ['10.0.0.7', '10.0.0.8'])
  t.same(await short('canary.web.service.rollcall', 'TXT'), [
    '"id=web-7" "address=http://10.0.0.7:8080" "zone=eu-1a" "tag=canary"',
  ])
  t.same(await short('10-0-0-7.addr.rollcall'), ['10.0.0.7'])
  t.same(await short('legacy.service.rollcall'), ['old.example.'])
  t.same(await short('legacy.service.rollcall', 'SRV'), ['0 1 25 old.example.'])
  t.same(await short('-x', 'fd00::6'), ['web.service.rollcall.'])
  t.match(await short('-x', '10.0.0.7'), ['crowd.service.rollcall.', 'web.service.rollcall.'])
  t.same(await short('rollcall', 'NS'), ['ns.rollcall.'])

  const srv = await dig('WEB.service.RollCall', 'SRV')
  t.match(srv, /status: NOERROR/)
  t.match(srv, /flags: qr aa; QUERY: 1, ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 4/)
  t.match(srv, /^WEB\.service\.RollCall\.\s+0\s+IN\s+SRV/m)
  t.match(srv, /^10-0-0-7\.addr\.rollcall\.\s+0\s+IN\s+A\s+10\.0\.0\.7$/m)
  t.match(await dig('nobody.service.rollcall'), /status: NXDOMAIN[^]*^rollcall\.\s+1\s+IN\s+SOA/m)
  t.match(await dig('web.service.rollcall', 'MX'), /status: NOERROR[^]*ANSWER: 0, AUTHORITY: 1/)
  t.match(await dig('example.com'), /status: REFUSED/)
  t.match(await dig('+opcode=STATUS', '+noedns', 'rollcall'), /status: NOTIMP/)
  t.match(await dig('+ednsflags=0xffff', '+cookie', '+nsid', '+subnet=10.0.0.0/8', 'web.service.rollcall'), /NOERROR/)
  t.match(await dig('+edns=3', '+noednsnegotiation', 'web.service.rollcall'), /status: BADVERS/)

  t.match(await dig('crowd.service.rollcall', '+ignore', '+noedns'), /flags: qr aa tc;/)
  t.match(await dig('crowd.service.rollcall', 'SRV'), /ANSWER: 300,[^]*\(TCP\)/, 'cut, and asked again over TCP')
  t.match(
    await dig('+tcp', '+keepopen', 'web.service.rollcall', 'crowd.service.rollcall'),
    /ANSWER: 2,[^]*ANSWER: 300,/,
  )
})

t.test('drill', async (t) => {
  if (!requireTool(t, 'drill', 'ldnsutils')) return
  const { port } = await openFleet(t)
  const drill = async (...words: string[]) => (await run('drill', ['-p', String(port), ...words])).stdout
  const srv = await drill('@127.0.0.1', '_web._tcp.rollcall', 'SRV')
  t.match(srv, /rcode: NOERROR/)
  t.match(srv, /QUERY: 1, ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 3/)
  t.match(srv, /^_web\._tcp\.rollcall\.\s+0\s+IN\s+SRV\s+0 10 8080 10-0-0-7\.addr\.rollcall\.$/m)
  t.match(await drill('-t', '@127.0.0.1', 'crowd.service.rollcall', 'A'), /ANSWER: 300/)
  t.match(await drill('-b', '1232', '@127.0.0.1', 'nobody.service.rollcall'), /rcode: NXDOMAIN/)
  t.match(await drill('-x', '@127.0.0.1', '10.0.0.7'), /web\.service\.rollcall\./)
})
