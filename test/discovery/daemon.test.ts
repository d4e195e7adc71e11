// The daemon whole, over real sockets: what goes in over SP comes out over HTTP and SP, and what is bad costs nothing.

import type { Socket } from 'node:net'
import type { Test } from 'tap'
import type { DaemonOptions } from '../../discovery/daemon-options.ts'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import t from 'tap'
import { openDaemon } from '../../discovery/daemon.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'

const respondentHello = Buffer.from('0053500000630000', 'hex')

async function open(t: Test, options: DaemonOptions = {}) {
  const daemon = await openDaemon({
    port: 0,
    httpPort: 0,
    httpHost: '127.0.0.1',
    dnsHost: '127.0.0.1',
    dnsPort: 0,
    warmupMs: 0,
    intervalMs: 50,
    ...options,
  })
  t.teardown(() => daemon.close())
  const port = Number(daemon.spAddress.split(':').pop())
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const { reader } = daemon

  /** Waits for the end of the next round in which it is so. */
  async function until(isSo: () => boolean): Promise<void> {
    const timeoutAtMs = Date.now() + 60_000
    while (!isSo()) {
      if (Date.now() > timeoutAtMs) throw new Error('it did not become so')
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  function addService(answer: () => string | Uint8Array): { close(): Promise<void> } {
    const respondent = engine.createRespondent(() => Buffer.from(answer()))
    engine.dial(`tcp://127.0.0.1:${port}`, respondent)
    return respondent
  }
  function openRaw(): Socket {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    t.teardown(() => socket.destroy())
    return socket
  }
  async function get(path: string) {
    const response = await fetch(`${daemon.httpUrl}${path}`)
    const body: unknown = await response.json()
    return { status: response.status, headers: response.headers, body }
  }
  async function request(text: string): Promise<string> {
    const requester = engine.createRequester()
    engine.dial(`tcp://127.0.0.1:${port}`, requester)
    const reply = await requester.request(Buffer.from(text), { timeoutMs: 60_000 })
    await requester.close()
    return String(reply)
  }
  const resolver = new Resolver()
  if (daemon.dnsAddress !== undefined) resolver.setServers([daemon.dnsAddress])
  return { daemon, reader, resolver, port, until, addService, openRaw, get, request }
}

t.test('what answers the survey is resolved by every door', async (t) => {
  const { reader, until, addService, get, request, resolver } = await open(t)
  addService(() => 'web|tcp://10.0.0.7:8080')
  await until(() => reader.services().includes('web'))
  const { status, headers, body } = await get('/resolve/web')
  t.equal(status, 200)
  t.match(body, { service: 'web', address: 'tcp://10.0.0.7:8080', host: '10.0.0.7', port: 8080, status: 'passing' })
  t.equal(headers.get('rollcall-frozen'), 'false')
  t.match(headers.get('rollcall-round'), /^\d+$/)
  t.equal(await request('resolve web'), 'web|tcp://10.0.0.7:8080')
  t.match(await request('services'), /"service":"web"/)
  t.match(await request('resolve nobody'), /^error unknown-service /)
  t.equal((await get('/resolve/nobody')).status, 404)
  t.same(await resolver.resolve4('web.service.rollcall'), ['10.0.0.7'])
  t.match(await resolver.resolveSrv('_web._tcp.rollcall'), [{ name: '10-0-0-7.addr.rollcall', port: 8080, weight: 1 }])
  await t.rejects(resolver.resolve4('nobody.service.rollcall'), { code: 'ENOTFOUND' })
  t.same(await resolver.reverse('10.0.0.7'), ['web.service.rollcall'])
})

t.test(
  'there is no DNS unless it is asked for, and a port in use for it is an error that leaves nothing open',
  async (t) => {
    const one = await open(t, { dnsPort: undefined })
    t.equal(one.daemon.dnsAddress, undefined)
    const { port: dnsPort } = new URL(one.daemon.httpUrl)
    const options = { port: 0, httpPort: 0, httpHost: '127.0.0.1', dnsHost: '127.0.0.1', dnsPort: Number(dnsPort) }
    await t.rejects(openDaemon(options), { code: 'ADDRESS_IN_USE', message: /DNS_PORT/ })
  },
)

t.test('while it warms up it says what it knows, and never "nobody"', async (t) => {
  const { reader, until, addService, get, request } = await open(t, { warmupMs: 60_000 })
  addService(() => 'web|tcp://10.0.0.7:8080')
  await until(() => reader.services().includes('web'))
  t.equal((await get('/resolve/web')).status, 200)
  const { status, headers, body } = await get('/resolve/other')
  t.equal(status, 503)
  t.match(body, { code: 'WARMING_UP' })
  t.match(reader.lookupAll('other'), { outcome: 'WARMING_UP' })
  t.match(reader.lookupAll('web', { zone: 'eu' }), { outcome: 'WARMING_UP' })
  t.match(reader.lookupAll('web'), { outcome: 'PROVIDERS', instances: [{ id: 'tcp://10.0.0.7:8080' }] })
  t.ok(Number(headers.get('retry-after')) >= 1)
  t.match(await request('resolve other'), /^error warming-up /)
  t.equal((await get('/ready')).status, 503)
  t.equal((await get('/health')).status, 200)
})

t.test('a daemon that has lost every pipe of its roll does not say "nobody"', async (t) => {
  const { reader, until, openRaw } = await open(t, { warmupMs: 1_000 })
  await until(() => reader.isReady)
  const service = openRaw()
  service.write(respondentHello)
  service.on('data', (data: Buffer) => {
    const id = data.subarray(-17, -13)
    if (data.length >= 25)
      service.write(Buffer.concat([Buffer.from('000000000000001a', 'hex'), id, Buffer.from('web|tcp://10.0.0.7:808')]))
  })
  await until(() => reader.services().includes('web'))
  service.destroy()
  await until(() => !reader.isReady)
  t.match(reader.lookupAll('other'), { outcome: 'WARMING_UP' })
  await until(() => reader.isReady)
  t.match(reader.lookupAll('other'), { outcome: 'UNKNOWN_SERVICE' })
})

t.test('a hint makes it ask at once', async (t) => {
  const { reader, until, addService, request } = await open(t, { intervalMs: 60_000 })
  let weight = 1
  addService(() => `{"service":"web","id":"w","address":"tcp://10.0.0.7:80","weight":${weight}}`)
  await until(() => reader.services().includes('web'))
  weight = 9
  t.equal(await request('ask w'), 'ok')
  await until(() => reader.instances('web')[0]?.weight === 9)
  t.match(await request('ask somebody'), /^error /)
})

t.test('hints of one peer are limited to fifty a second', async (t) => {
  const { reader } = await open(t)
  const peer = {}
  // However long it takes to say them, some come too soon.
  let allowed = 0
  while (reader.ask('nobody', peer) !== 'LIMITED') allowed += 1
  t.ok(allowed >= 50, `${allowed} allowed`)
  t.equal(reader.ask('nobody', {}), 'NOBODY', 'another peer has its own')
})

t.test('bad answers are refused, counted, and cost no good one', async (t) => {
  const { reader, until, addService } = await open(t)
  addService(() => 'good|tcp://10.0.0.7:80')
  const bad: readonly Uint8Array[] = [
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.from('['.repeat(100_000)),
    Buffer.from(`{"service":"web","address":"tcp://a:1","meta":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`),
    Buffer.from(Array<string>(5_000).fill('x|tcp://10.0.0.8:1').join('\n')),
    Buffer.from('web.example|tcp://10.0.0.7:80'),
    Buffer.from('web|http://10.0.0.7'),
    Buffer.alloc(1_000_000, 'a'),
  ]
  for (const answer of bad) addService(() => answer)
  await until(() => Object.keys(reader.health().refusedLines).length >= 4)
  t.same(
    reader.instances('good').map(({ state }) => state),
    ['alive'],
  )
})

t.test('a thousand silent connections hold up neither surveys nor lookups', async (t) => {
  const { reader, until, addService, openRaw, get } = await open(t)
  addService(() => 'web|tcp://10.0.0.7:80')
  await until(() => reader.services().includes('web'))
  const silent = Array.from({ length: 1_000 }, openRaw)
  await Promise.all(silent.map((peer) => once(peer, 'connect')))
  const { round } = reader
  await until(() => reader.round > round + 2)
  t.equal((await get('/resolve/web')).status, 200)
  t.equal(reader.instances('web')[0]?.state, 'alive')
})

t.test('a taken port is named, with the variable to change, and nothing is left open', async (t) => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, resolve))
  t.teardown(() => taken.close())
  const address = taken.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await t.rejects(openDaemon({ port, httpPort: 0 }), { code: 'ADDRESS_IN_USE', message: /PORT/ })
  await t.rejects(openDaemon({ port: 0, httpPort: port, httpHost: '0.0.0.0' }), {
    code: 'ADDRESS_IN_USE',
    message: /HTTP_PORT/,
  })
})

t.test('closing twice is closing once, and rounds stop', async (t) => {
  const { daemon, reader } = await open(t)
  await Promise.all([daemon.close(), daemon.close()])
  const { round } = reader
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(reader.round, round)
})
