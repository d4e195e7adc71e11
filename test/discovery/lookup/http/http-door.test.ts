import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { Agent, get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { createHttpApp } from '../../../../discovery/lookup/http/http-app.ts'
import { openHttpDoor } from '../../../../discovery/lookup/http/http-door.ts'
import type { HttpDoorOptions } from '../../../../discovery/lookup/http/http-door.ts'
import { createFakeClock } from '../../../fixtures/fake-clock.ts'
import { findFreePort } from '../../../fixtures/free-port.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'

const roll = createFakeRoll([createInstance({ service: 'web' })])

async function open(test: Test, options: Partial<HttpDoorOptions> = {}) {
  const door = await openHttpDoor({ reader: roll, host: '127.0.0.1', port: 0, ...options })
  test.teardown(() => door.close())
  return door
}

async function dial(test: Test, url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  test.teardown(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

t.test('a provider is resolved over a real connection, which is kept for the next question', async (t) => {
  const door = await open(t)
  t.match(door.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const ports = new Set<number | undefined>()
  for (let at = 0; at < 3; at += 1) {
    const reply = await new Promise<IncomingMessage>((resolve) => get(`${door.url}/resolve/web`, { agent }, resolve))
    ports.add(reply.socket.localPort)
    const body = JSON.parse(Buffer.concat(await reply.toArray()).toString())
    t.equal(reply.statusCode, 200)
    t.equal(body.address, 'tcp://10.0.0.7:8080')
  }
  t.equal(ports.size, 1)
})

t.test('the URL is one that this machine can use, whatever was listened on', async (t) => {
  const hosts = new Map([
    ['0.0.0.0', '127.0.0.1'],
    ['localhost', 'localhost'],
  ])
  const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
  if (hasIpv6) hosts.set('::', '[::1]').set('::1', '[::1]')
  for (const [host, shown] of hosts) {
    const door = await open(t, { host })
    t.equal(new URL(door.url).hostname, shown)
    t.equal((await fetch(`${door.url}/ready`)).status, 200)
  }
})

t.test('a port in use is an error that names the variable to change', async (t) => {
  const door = await open(t)
  const port = Number(new URL(door.url).port)
  await t.rejects(openHttpDoor({ reader: roll, host: '127.0.0.1', port }), {
    code: 'ADDRESS_IN_USE',
    message: new RegExp(`127\\.0\\.0\\.1:${port} .*HTTP_PORT`),
  })
  await t.rejects(openHttpDoor({ reader: roll, host: '192.0.2.1', port: 0 }), {
    code: 'ADDRESS_UNREACHABLE',
    message: /HTTP_HOST/,
  })
})

t.test('what is not HTTP gets a refusal with the headers of every response, and its connection closed', async (t) => {
  const door = await open(t)
  const cases = new Map([
    ['this is not http\r\n\r\n', '400 Bad Request'],
    ['\0SP\0\0\x30\0\0', '400 Bad Request'],
    [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`, '431 Request Header Fields Too Large'],
  ])
  for (const [bytes, status] of cases) {
    const socket = await dial(t, door.url)
    socket.write(bytes)
    const reply = await readAll(socket)
    t.equal(reply.split('\r\n', 1)[0], `HTTP/1.1 ${status}`)
    t.match(reply, /\r\nrollcall-round: 12\r\n/)
    t.equal(JSON.parse(reply.slice(reply.indexOf('\r\n\r\n') + 4)).code, 'BAD_REQUEST')
  }
  t.equal((await fetch(`${door.url}/resolve/web`)).status, 200, 'and nobody else notices')
})

t.test('a request that takes too long to arrive is told so, and one whose sender has gone is let go', async (t) => {
  const app = createHttpApp({ reader: roll })
  t.teardown(() => app.close())
  const slow = new PassThrough()
  app.server.emit('clientError', Object.assign(new Error('slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), slow)
  t.match(Buffer.concat(await slow.toArray()).toString(), /^HTTP\/1\.1 408 Request Timeout\r\n.*"BAD_REQUEST"/s)
  const gone = new PassThrough()
  app.server.emit('clientError', Object.assign(new Error('gone'), { code: 'ECONNRESET' }), gone)
  t.ok(gone.destroyed)
})

t.test('a body is not waited for: nothing here takes one', async (t) => {
  const door = await open(t)
  for (const type of ['application/json', 'text/plain', 'image/png']) {
    const socket = await dial(t, door.url)
    socket.write(`POST /services HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 1000000\r\n\r\n`)
    const [reply] = await once(socket, 'data')
    t.match(String(reply), /^HTTP\/1\.1 405 /, type)
  }
})

t.test('close is idempotent, frees the port, and ends connections that are idle', async (t) => {
  const door = await open(t, { port: await findFreePort() })
  const socket = await dial(t, door.url)
  socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await Promise.all([door.close(), door.close(), closed])
  const again = await open(t, { port: Number(new URL(door.url).port) })
  t.equal(again.url, door.url)
})

t.test('connections that never asked hold up a close for the grace and no longer', async (t) => {
  const clock = createFakeClock()
  for (const host of ['127.0.0.1', 'localhost']) {
    const door = await open(t, { clock, closeGraceMs: 700, host })
    const silent = await dial(t, door.url)
    const half = await dial(t, door.url)
    half.write('GET /health HTTP/1.1\r\nHost')
    // A whole exchange on a third connection: by now the server has taken the first two.
    await fetch(`${door.url}/health`)
    silent.on('error', () => undefined)
    half.on('error', () => undefined)
    const ended = Promise.all([once(silent, 'close'), once(half, 'close')])
    silent.resume()
    half.resume()
    const closing = door.close()
    clock.advance(700)
    await Promise.all([closing, ended])
    t.equal(clock.pending, 0)
  }
})

t.test('a request that is under way when the door closes is answered', async (t) => {
  const door = await open(t)
  const socket = await dial(t, door.url)
  socket.write('GET /resolve/web HTTP/1.1\r\n')
  await fetch(`${door.url}/health`)
  const closing = door.close()
  socket.write('Host: x\r\n\r\n')
  const reply = await readAll(socket)
  t.match(reply, /^HTTP\/1\.1 200 OK\r\n/)
  t.match(reply, /connection: close/i)
  await closing
})
