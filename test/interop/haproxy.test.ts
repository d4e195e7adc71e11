// haproxy follows a service by the SRV records of the daemon: it balances over those that are there, and a change of the roll is one
// of its servers.

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { requireTool } from '../fixtures/require-tool.ts'
import { openDnsFleet } from './open-dns-fleet.ts'
import { run } from './program.ts'

/** Says its name to whoever asks. */
async function openWeb(t: Test, name: string): Promise<string> {
  const server = createServer((_request, response) => response.end(name))
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `{"service":"web","id":"${name}","address":"http://127.0.0.1:${Object(server.address()).port}"}`
}

function configure(dnsPort: number, socketPath: string): string {
  return `
resolvers rollcall
  nameserver daemon 127.0.0.1:${dnsPort}
  accepted_payload_size 1232
  timeout resolve 200ms
  timeout retry 1s

defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s

listen web
  bind unix@${socketPath}
  balance roundrobin
  option http-server-close
  server-template web 1-5 _web._tcp.rollcall resolvers rollcall init-addr none
`
}

function ask(socketPath: string): Promise<string> {
  return new Promise((resolve) => {
    get({ socketPath, path: '/', agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve(response.statusCode === 200 ? body : `status ${response.statusCode}`))
    }).on('error', () => resolve('nobody listens'))
  })
}

/** Asks in rows of four until those who answer a whole row are these. */
async function untilAnswered(socketPath: string, expected: readonly string[]): Promise<void> {
  const row = new Set<string>()
  for (let i = 0; i < 4; i += 1) row.add(await ask(socketPath))
  if ([...row].toSorted().join() === expected.join()) return
  await new Promise((resolve) => setTimeout(resolve, 20))
  return untilAnswered(socketPath, expected)
}

t.test('haproxy balances over those that are on the roll, and over them alone', { timeout: 120_000 }, async (t) => {
  if (!requireTool(t, 'haproxy', 'haproxy')) return
  const fleet = await openDnsFleet(t)
  const leave = await fleet.join(await openWeb(t, 'web-1'))
  await fleet.join(await openWeb(t, 'web-2'))
  // A path that a socket can have: they are short.
  const folder = mkdtempSync(join(tmpdir(), 'haproxy-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const socketPath = join(folder, 'web.sock')
  writeFileSync(join(folder, 'haproxy.cfg'), configure(fleet.port, socketPath))
  run(t, 'haproxy', '-db', '-f', join(folder, 'haproxy.cfg'))
  await untilAnswered(socketPath, ['web-1', 'web-2'])
  t.pass('two, one after the other')
  await leave()
  await untilAnswered(socketPath, ['web-2'])
  t.pass('one has left, and is asked no more, though it still listens')
  await fleet.join(await openWeb(t, 'web-3'))
  await untilAnswered(socketPath, ['web-2', 'web-3'])
  t.pass('one has joined')
})
