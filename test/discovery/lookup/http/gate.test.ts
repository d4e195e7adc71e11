// What every request passes, over real connections: token, limit, origins, bodies.

import type { IncomingHttpHeaders } from 'node:http'
import { request as sendRequest } from 'node:http'
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import type { GateOptions } from '../../../../discovery/lookup/http/gate.ts'
import { openHttpDoor } from '../../../../discovery/lookup/http/http-door.ts'
import { createFakeClock } from '../../../fixtures/fake-clock.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'

const roll = createFakeRoll([createInstance({ service: 'web' })])

interface Sent {
  readonly method?: string
  readonly headers?: Record<string, string>
  /** Of this machine, to ask from. */
  readonly localAddress?: string
}

interface Reply {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

async function open(t: Test, gate: GateOptions) {
  const clock = createFakeClock()
  const door = await openHttpDoor({ reader: roll, host: '127.0.0.1', port: 0, gate, clock })
  t.teardown(() => door.close())
  async function ask(path: string, sent: Sent = {}): Promise<Reply> {
    const request = sendRequest(`${door.url}${path}`, { agent: false, ...sent })
    request.end()
    const [response] = await once(request, 'response')
    const chunks: Buffer[] = await response.toArray()
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }
  }
  return { door, clock, ask }
}

const paths = [
  '/',
  '/resolve/web',
  '/services',
  '/services/web',
  '/rounds',
  '/docs',
  '/openapi.json',
  '/elsewhere',
  '/%ff',
]

t.test('with a token, whoever does not show it learns nothing but that', async (t) => {
  const { ask } = await open(t, { token: 'Zm9vYmFy+/=' })
  for (const path of paths) {
    const reply = await ask(path)
    t.equal(reply.status, 401, path)
    t.equal(reply.headers['www-authenticate'], 'Bearer realm="rollcall"')
    t.equal(reply.headers['rollcall-round'], '12')
    t.match(JSON.parse(reply.body), { code: 'UNAUTHORIZED', message: /HTTP_TOKEN/ })
  }
  for (const authorization of ['Bearer wrong', 'Bearer', 'Basic Zm9vYmFy+/=', 'Zm9vYmFy+/=', 'Bearer Zm9vYmFy+/= x']) {
    const reply = await ask('/resolve/web', { headers: { authorization } })
    t.equal(reply.status, 401, authorization)
    t.equal(reply.headers['www-authenticate'], 'Bearer realm="rollcall", error="invalid_token"')
    t.notMatch(reply.body, 'Zm9v')
  }
})

t.test('with the token everything is as without, and probes need none', async (t) => {
  const { ask } = await open(t, { token: 'secret' })
  for (const scheme of ['Bearer', 'bearer']) {
    t.equal((await ask('/resolve/web', { headers: { authorization: `${scheme} secret` } })).status, 200)
  }
  t.equal((await ask('/v1/catalog/services', { headers: { 'x-consul-token': 'secret' } })).status, 200)
  for (const headers of [{ 'x-consul-token': 'wrong' }, { 'x-consul-token': '' }])
    t.match(await ask('/v1/catalog/services', { headers }), {
      status: 401,
      headers: { 'www-authenticate': /invalid_token/ },
    })
  const both = { authorization: 'Bearer wrong', 'x-consul-token': 'secret' }
  t.equal((await ask('/v1/catalog/services', { headers: both })).status, 401, 'of two, the bearer token counts')
  t.equal((await ask('/v1/catalog/services?token=secret')).status, 401, 'a URL is not the place for a secret')
  for (const path of ['/health', '/ready', '/health?probe=1']) t.equal((await ask(path)).status, 200, path)
  for (const path of ['/health/', '/healthy', '//health', '/ready/..', '/resolve/web?x=/health'])
    t.equal((await ask(path)).status, 401, path)
})

t.test('an address that asks too much is told to wait, and nobody else', async (t) => {
  const { ask, clock } = await open(t, { requestsPerSecond: 2 })
  t.same([(await ask('/resolve/web')).status, (await ask('/elsewhere')).status], [200, 404])
  const refused = await ask('/resolve/web')
  t.equal(refused.status, 429)
  t.equal(refused.headers['retry-after'], '1')
  t.equal(refused.headers['rollcall-round'], '12')
  t.match(JSON.parse(refused.body), { code: 'RATE_LIMITED', message: /more than 2 requests/ })
  t.equal((await ask('/health')).status, 200, 'probes are answered')
  t.equal((await ask('/resolve/web', { localAddress: '127.0.0.2' })).status, 200, 'another address has its own')
  clock.advance(1_000)
  t.equal((await ask('/resolve/web')).status, 200)
})

t.test('guesses of a token count as well', async (t) => {
  const { ask } = await open(t, { requestsPerSecond: 1, token: 'secret' })
  t.equal((await ask('/resolve/web', { headers: { authorization: 'Bearer a' } })).status, 401)
  t.equal((await ask('/resolve/web', { headers: { authorization: 'Bearer secret' } })).status, 429)
})

t.test('no page of another origin may read anything, unless it is named', async (t) => {
  const { ask } = await open(t, {})
  const sent = { headers: { origin: 'https://fleet.example', 'access-control-request-method': 'GET' } }
  const reply = await ask('/resolve/web', sent)
  t.equal(reply.headers['access-control-allow-origin'], undefined)
  t.equal(reply.headers['cross-origin-resource-policy'], 'same-origin')
  t.equal((await ask('/resolve/web', { ...sent, method: 'OPTIONS' })).status, 405)
})

t.test('a named origin may read every answer, refusals included, and ask beforehand without the token', async (t) => {
  const { ask } = await open(t, { origins: ['https://fleet.example', 'http://localhost:5173'], token: 'secret' })
  const origin = 'http://localhost:5173'
  const refused = await ask('/resolve/web', { headers: { origin } })
  t.equal(refused.status, 401)
  t.equal(refused.headers['access-control-allow-origin'], origin)
  const read = await ask('/resolve/web', { headers: { origin, authorization: 'Bearer secret' } })
  t.equal(read.status, 200)
  t.equal(read.headers['access-control-allow-origin'], origin)
  t.match(read.headers['access-control-expose-headers'], /Rollcall-Round/)
  t.equal(read.headers.vary, 'Origin')
  const preflight = await ask('/watch', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
  })
  t.match(preflight, {
    status: 204,
    body: '',
    headers: { 'access-control-allow-methods': 'GET, HEAD', 'access-control-allow-headers': /Authorization/ },
  })
  for (const other of ['https://fleet.example:8443', 'http://fleet.example', 'null']) {
    const reply = await ask('/resolve/web', { headers: { origin: other, authorization: 'Bearer secret' } })
    t.equal(reply.headers['access-control-allow-origin'], undefined, other)
    t.equal(reply.headers.vary, 'Origin')
  }
})

t.test('`*` is every origin', async (t) => {
  const { ask } = await open(t, { origins: ['*'] })
  const reply = await ask('/services', { headers: { origin: 'https://anywhere.example' } })
  t.equal(reply.headers['access-control-allow-origin'], '*')
})

t.test('every response tells browsers to take it for data alone', async (t) => {
  const { ask } = await open(t, {})
  for (const path of [...paths, '/health', '/ready']) {
    const { headers } = await ask(path)
    t.equal(headers['x-content-type-options'], 'nosniff', path)
    t.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/, path)
  }
})

t.test('whoever sends a body is answered before it ends, and let go', async (t) => {
  const { door } = await open(t, {})
  for (const head of ['POST /services HTTP/1.1', 'GET /resolve/web HTTP/1.1']) {
    for (const length of ['Content-Length: 1000000000', 'Transfer-Encoding: chunked']) {
      const socket = connect(Number(new URL(door.url).port), '127.0.0.1')
      t.teardown(() => void socket.destroy())
      socket.on('error', () => undefined)
      socket.write(`${head}\r\nHost: x\r\n${length}\r\n\r\n`)
      const [reply] = await once(socket, 'data')
      t.match(String(reply), /^HTTP\/1\.1 (?:405|200) [^]*connection: close/i, `${head}, ${length}`)
      socket.resume()
      await once(socket, 'close')
    }
  }
})
