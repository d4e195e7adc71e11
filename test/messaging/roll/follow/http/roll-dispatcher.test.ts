// Requests by name over real sockets, to providers that are put on a simulated roll by hand.

import type { Test } from 'tap'
import t from 'tap'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { Agent, fetch as undiciFetch, request as undiciRequest } from 'undici'
import { makeAuthority } from '../../../../fixtures/certificates.ts'
import { openFollowedWorld } from '../../../../fixtures/followed-world.ts'
import { listenHttp, serveHttp } from '../../../../fixtures/serve-http.ts'

/** Addresses that refuse: our own server has the port, on another of the loopback addresses. */
async function findRefusing(t: Test, count: number): Promise<string[]> {
  const port = await serveHttp(t, echo)
  return Array.from({ length: count }, (_, at) => `127.0.0.${at + 2}:${port}`)
}

const provider = (id: string, port: number, fields = {}) =>
  JSON.stringify({ service: 'web', id, address: `http://127.0.0.1:${port}`, ...fields })

/** A roll on which these lines stand, known already. */
async function openRoll(t: Test, ...lines: string[]) {
  const world = openFollowedWorld(t)
  const daemon = await world.addDaemon('d1', 1)
  daemon.roll.hear(daemon.roll.attach(), ...lines)
  const roll = world.openRoll('d1')
  for (const service of ['web', 'sick', 'answer', 'nobody']) void roll.resolve(service).catch(() => {})
  await world.clock.advanceAsync(100)
  return { ...world, ...daemon, roll }
}

const echo: RequestListener = (incoming, outgoing) => {
  void (async () => {
    outgoing.setHeader('set-cookie', ['a=1', 'b=2'])
    outgoing.end(JSON.stringify({ host: incoming.headers.host, url: incoming.url, body: await text(incoming) }))
  })()
}

t.test('a request by name reaches a provider, by every way there is to ask', async (t) => {
  const { roll } = await openRoll(t, provider('a', await serveHttp(t, echo)))
  const url = 'http://web.rollcall/path?q=1'
  const post = { method: 'POST', body: 'hello' } as const
  const expected = { host: 'web.rollcall', url: '/path?q=1', body: 'hello' }
  const dispatcher = roll.dispatcher()
  t.equal(roll.dispatcher(), dispatcher)
  for (const response of [
    await roll.fetch(url, post),
    await roll.fetch(new Request(url, post)),
    await fetch(url, { ...post, dispatcher }),
    await undiciFetch(url, { ...post, dispatcher }),
  ]) {
    t.same(await response.json(), expected)
    t.same(response.headers.getSetCookie(), ['a=1', 'b=2'], 'each header by itself')
  }
  for (const headers of [undefined, { x: 'y' }, ['x', 'y'], new Map([['x', 'y']])]) {
    const { body } = await undiciRequest(url, { ...post, ...(headers && { headers }), dispatcher })
    t.same(await body.json(), expected)
  }
  for (const headers of [{ Host: 'own' }, ['host', 'own']]) {
    const { body } = await undiciRequest(url, { ...post, headers, dispatcher })
    t.match(await body.json(), { host: 'own' })
  }
})

t.test('what is not of the roll goes where it went before', async (t) => {
  const port = await serveHttp(t, echo)
  const { roll } = await openRoll(t)
  const response = await roll.fetch(`http://127.0.0.1:${port}/plain`)
  t.match(await response.json(), { host: `127.0.0.1:${port}`, url: '/plain' })
})

t.test('one that refuses is passed over, and not asked again for a while', async (t) => {
  const refusing = await findRefusing(t, 3)
  const { roll, clock } = await openRoll(
    t,
    provider('a', await serveHttp(t, echo)),
    ...refusing.map((host, at) => provider(`gone-${at}`, 1, { address: `http://${host}`, weight: 1_000 })),
  )
  const send = async (body: string) => {
    const response = await roll.fetch('http://web.rollcall/', {
      method: 'POST',
      body: ReadableStream.from([Buffer.from(body)]),
      duplex: 'half',
    })
    return response.json()
  }
  t.match(await send('whole'), { body: 'whole' })
  t.match(await roll.resolve('web'), { id: 'a' })
  const { body } = await undiciRequest('http://web.rollcall/', {
    method: 'PUT',
    body: Readable.from(['streamed']),
    dispatcher: roll.dispatcher(),
  })
  t.match(await body.json(), { body: 'streamed' })
  await clock.advanceAsync(3_000)
  t.match(await roll.resolve('web'), { id: /^gone/ })
})

t.test('where all refuse the error says who and why', async (t) => {
  const hosts = await findRefusing(t, 2)
  const { roll } = await openRoll(t, ...hosts.map((host, at) => provider(String(at), 1, { address: `http://${host}` })))
  const error: unknown = await roll.fetch('http://web.rollcall/').catch((caught: unknown) => caught)
  t.match(error, { code: 'ADDRESS_UNREACHABLE', cause: { code: 'ECONNREFUSED' } })
  for (const host of hosts) t.match(Object(error).message, host)
  await t.rejects(fetch('http://web.rollcall/', { dispatcher: roll.dispatcher() }), {
    message: 'fetch failed',
    cause: { code: 'ADDRESS_UNREACHABLE' },
  })
})

t.test('what was sent is not sent again', async (t) => {
  let requests = 0
  const breakOff = (incoming: IncomingMessage) => {
    requests += 1
    incoming.socket.destroy()
  }
  const ports = [await serveHttp(t, breakOff), await serveHttp(t, breakOff)]
  const { roll } = await openRoll(t, ...ports.map((port, at) => provider(String(at), port)))
  await t.rejects(roll.fetch('http://web.rollcall/'), { message: 'fetch failed' })
  t.equal(requests, 1)
  await t.rejects(undiciRequest('http://web.rollcall/', { dispatcher: roll.dispatcher() }))
  t.equal(requests, 2)
})

t.test('nobody to ask is an error with a code', async (t) => {
  const port = await serveHttp(t, echo)
  const { roll } = await openRoll(
    t,
    provider('a', port, { zone: 'eu' }),
    provider('s', 1, { service: 'sick', status: 'critical' }),
    provider('x', 1, { service: 'answer', address: 'tcp://127.0.0.1:9000' }),
  )
  for (const [url, code, message] of [
    ['http://nobody.rollcall/', 'UNKNOWN_SERVICE', /"nobody"/],
    ['http://sick.rollcall/', 'NONE_PASSING', /critical/],
    ['http://answer.rollcall/', 'NOT_HTTP', /tcp:\/\/127\.0\.0\.1:9000.*connect\(\)/],
    ['https://web.rollcall/', 'NOT_HTTP', /ask http:\/\/web\.rollcall/],
    ['http://web.rollcall:8080/', 'NAME_INVALID', /8080/],
    ['http://web.eu.rollcall/', 'NAME_INVALID', /web-eu/],
  ] as const) {
    await t.rejects(roll.fetch(url), { code, message })
    await t.rejects(undiciRequest(url, { dispatcher: roll.dispatcher() }), { code })
  }
  await t.rejects(roll.fetch('http://web.rollcall/', { dispatcher: roll.dispatcher({ zone: 'us' }) }), {
    code: 'NO_MATCH',
  })
  const near = await roll.fetch('http://WEB.rollcall./', { dispatcher: roll.dispatcher({ near: 'us' }) })
  t.equal(near.status, 200)
})

t.test('the first request waits for the first word about a name, and not for ever', async (t) => {
  const { clock, openRoll: open } = openFollowedWorld(t)
  const roll = open('d1')
  const late = t.rejects(roll.fetch('http://web.rollcall/'), { code: 'TIMEOUT' })
  const soon = t.rejects(roll.fetch('http://web.rollcall/', { dispatcher: roll.dispatcher({ timeoutMs: 50 }) }), {
    code: 'TIMEOUT',
    message: / 50 ms/,
  })
  const aborted = t.rejects(roll.fetch('http://web.rollcall/', { signal: AbortSignal.abort(new Error('no')) }), {
    message: 'no',
  })
  const state = { isOver: false }
  const over = Promise.all([late, soon, aborted]).then(() => (state.isOver = true))
  while (!state.isOver) await clock.advanceAsync(1_000)
  await over
})

t.test('https is checked against the name that was asked for, and never falls back', async (t) => {
  const authority = makeAuthority(t)
  const secure = (hostName: string) => listenHttp(t, createTlsServer({ ...authority.issue(hostName, hostName) }, echo))
  const [right, wrong] = [await secure('web.rollcall'), await secure('elsewhere.example')]
  const { roll } = await openRoll(
    t,
    provider('right', 1, { address: `https://127.0.0.1:${right}`, zone: 'right' }),
    provider('wrong', 1, { address: `https://127.0.0.1:${wrong}`, zone: 'wrong' }),
    provider('plain', await serveHttp(t, echo), { weight: 1_000 }),
  )
  const agent = new Agent({ connect: { ca: authority.ca } })
  t.teardown(() => agent.destroy())
  const get = (zone: string) =>
    roll.fetch('https://web.rollcall/', { dispatcher: roll.dispatcher({ near: zone, agent }) })
  t.match(await (await get('right')).json(), { host: 'web.rollcall' })
  await t.rejects(get('wrong'), { cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
})

t.test('closing the roll ends what is under way', async (t) => {
  let isAsked: () => void = () => {}
  const asked = new Promise<void>((resolve) => (isAsked = resolve))
  const { roll } = await openRoll(t, provider('a', await serveHttp(t, () => isAsked())))
  const underWay = t.rejects(roll.fetch('http://web.rollcall/'), { code: 'CLOSED' })
  await asked
  await roll.close()
  await underWay
  await t.rejects(roll.fetch('http://web.rollcall/'), { code: 'CLOSED' })
})
