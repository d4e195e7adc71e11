// doctor finds what is really wrong: each failure is made with a real daemon, real keys and real sockets, and each run is the
// built program.

import type { Test } from 'tap'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openKeyring } from '../../messaging/keys/open-keyring.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { requireTool } from '../fixtures/require-tool.ts'
import { closedAddress, serve } from './http-server.ts'
import type { TestRoll } from './open-roll.ts'
import { openRoll, untilReady } from './open-roll.ts'
import { runCli } from './run-cli.ts'

interface Finding {
  readonly check: string
  readonly isFine: boolean
  readonly text: string
  readonly advice?: string
}

interface Diagnosis {
  readonly code: number | null
  /** What is wrong, in the order found. */
  readonly wrong: readonly Finding[]
  readonly checks: readonly string[]
}

async function diagnose(env: Readonly<Record<string, string>>): Promise<Diagnosis> {
  const { code, stdout } = await runCli(['doctor', '--json'], env)
  const { findings }: { findings: Finding[] } = JSON.parse(stdout)
  return { code, wrong: findings.filter(({ isFine }) => !isFine), checks: findings.map(({ check }) => check) }
}

function envOf({ daemon, url }: TestRoll): { readonly DISCOVERY_HOST: string; readonly ROLLCALL_URL: string } {
  return { DISCOVERY_HOST: daemon.spAddress.replace(/^.*:\/\//, ''), ROLLCALL_URL: url }
}

function pause(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 10))
}

async function openKeys(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-doctor-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = (name: string) => join(folder, name)
  const create = async (name: string, ...words: string[]) => {
    t.match(await runCli(['key', ...words, '--out', path(name)]), { code: 0 })
    return path(name)
  }
  const root = await create('root', 'new')
  const daemon = await create('daemon', 'derive', 'roll', '--from', root)
  return { path, create, root, daemon }
}

t.test('all is well where a daemon, its port and everyone on the roll can be reached', async (t) => {
  const roll = await openRoll(t)
  await roll.add(`{"service":"answer","id":"answer-1","address":"${await roll.reply('42')}"}`)
  await untilReady(roll)
  const run = await runCli(['doctor'], envOf(roll))
  t.match(run, { code: 0, stderr: 'all is well\n' })
  const lines = run.stdout.trim().split('\n')
  t.same(
    lines.map((line) => line.split(/ +/).slice(0, 2).join(' ')),
    ['✔ environment', '✔ http', '✔ clock', '✔ sp', '✔ roll', '✔ reach'],
  )
  t.same(await diagnose(envOf(roll)), {
    code: 0,
    wrong: [],
    checks: ['environment', 'http', 'clock', 'sp', 'roll', 'reach'],
  })
})

t.test('a daemon that is away, and a name that nobody knows', async (t) => {
  const address = await closedAddress()
  const env = { ROLLCALL_URL: `http://${address}`, DISCOVERY_HOST: `no-such-host.invalid,${address}` }
  const { code, wrong } = await diagnose(env)
  t.equal(code, 1)
  t.match(wrong, [
    { check: 'http', text: /nobody answers \(connection refused\)/, advice: /rollcall daemon/ },
    { check: 'name', text: /^no-such-host\.invalid: /, advice: /DISCOVERY_HOST/ },
    { check: 'sp', text: /nobody answers \(connection refused\)/, advice: /DISCOVERY_PORT/ },
  ])
  const run = await runCli(['doctor'], env)
  t.match(run, { code: 1, stderr: '3 things are wrong\n' })
  t.match(run.stdout, /^✖ http .*\n {15}→ start one/m)
})

t.test('ports that were taken for one another', async (t) => {
  const roll = await openRoll(t)
  await untilReady(roll)
  const { DISCOVERY_HOST, ROLLCALL_URL } = envOf(roll)
  const swapped = { DISCOVERY_HOST: ROLLCALL_URL.replace('http://', ''), ROLLCALL_URL: `http://${DISCOVERY_HOST}` }
  const { code, wrong } = await diagnose(swapped)
  t.equal(code, 1)
  t.match(wrong, [
    { check: 'http', text: /that is the SP port/, advice: /HTTP_PORT/ },
    { check: 'sp', text: /HTTP answers there/, advice: /5555/ },
  ])
})

t.test('something else that listens there', async (t) => {
  const url = await serve(t, (_request, response) => response.end('<html>'))
  const server = createServer((socket) => socket.end('220 mail.example ESMTP\r\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const bound = server.address()
  const port = typeof bound === 'object' ? bound?.port : undefined
  const { wrong } = await diagnose({ ROLLCALL_URL: url, DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: String(port) })
  t.match(wrong, [
    { check: 'http', text: /no Rollcall daemon/, advice: /8500/ },
    { check: 'sp', text: /does not speak SP/, advice: /5555/ },
  ])
})

t.test('variables that are wrong, unknown, or nearly right', async (t) => {
  const roll = await openRoll(t)
  await untilReady(roll)
  const wrongOnes = { SERVICE_PORT: 'eighty', ROLLCALL_KEYRNG: 'x', SERVICE_NMAE: 'web', ROLLCALL_KEY: 'rck1.sesame' }
  const noise = {
    WEB_SERVICE_HOST: '10.96.0.7',
    SERVICE_META_COMMIT: 'abc',
    SERVICE_ROLE: 'worker',
    SERVICE_CHECK_HTTP: '/health',
  }
  const { wrong } = await diagnose({ ...envOf(roll), ...wrongOnes, ...noise })
  const environment = wrong.filter(({ check }) => check === 'environment')
  t.match(environment, [
    { text: /^SERVICE_NMAE is not a variable/, advice: 'did you mean SERVICE_NAME?' },
    { text: /^ROLLCALL_KEYRNG is not a variable/, advice: 'did you mean ROLLCALL_KEYRING?' },
    { text: /SERVICE_PORT: found "eighty", accepted is/ },
  ])
  t.equal(environment.length, 3)
  t.notMatch(JSON.stringify(wrong), /sesame/)
})

t.test('keys that are missing, refused, for something else, or not to be read', async (t) => {
  const keys = await openKeys(t)
  const roll = await openRoll(t, { keyring: openKeyring({ path: keys.daemon }) })
  await untilReady(roll)
  const env = envOf(roll)
  const ask = async (more: Record<string, string>) => (await diagnose({ ...env, ...more })).wrong
  t.same(await ask({ ROLLCALL_KEYRING: keys.root, SERVICE_NAME: 'web' }), [])
  t.match(await ask({}), [{ check: 'sp', text: /no key is set here/, advice: /ROLLCALL_KEYRING/ }])
  const other = await keys.create('other', 'new')
  t.match(await ask({ ROLLCALL_KEYRING: other }), [{ check: 'sp', text: /is refused/, advice: /another key/ }])
  const caller = await keys.create('caller', 'derive', 'call', '--from', keys.root)
  t.match(await ask({ ROLLCALL_KEYRING: caller }), [{ check: 'sp', text: /is refused/, advice: /`call` key/ }])
  t.match(await ask({ ROLLCALL_KEYRING: caller, SERVICE_NAME: 'web' }), [
    { check: 'keys', text: /may put web on the roll/, advice: /roll:web/ },
  ])
  t.match(await ask({ ROLLCALL_KEYRING: keys.path('nothing') }), [{ check: 'keys', text: /cannot be read/ }])
  t.match(await ask({ ROLLCALL_KEYRING: keys.root, ROLLCALL_URL: `http://${env.DISCOVERY_HOST}` }), [
    { check: 'http', text: /does not take HTTP in clear/, advice: /HTTP has a port of its own/ },
  ])
})

t.test('a key that the daemon has none of', async (t) => {
  const { root } = await openKeys(t)
  const roll = await openRoll(t)
  await untilReady(roll)
  const { wrong } = await diagnose({ ...envOf(roll), ROLLCALL_KEYRING: root })
  t.match(wrong, [{ check: 'sp', text: /the daemon has no key/, advice: /unset ROLLCALL_KEY/ }])
})

t.test('clocks that do not agree', async (t) => {
  const roll = await openRoll(t)
  await untilReady(roll)
  const hourMs = 3_600_000
  // The daemon as it looks from a machine whose clock is an hour ahead.
  const url = await serve(t, (request, response) => {
    response.setHeader('date', new Date(Date.now() - hourMs).toUTCString())
    void fetch(`${roll.url}${request.url}`)
      .then((answer) => answer.text())
      .then((text) => response.end(text))
  })
  const { wrong } = await diagnose({ ...envOf(roll), ROLLCALL_URL: url })
  t.match(wrong, [{ check: 'clock', text: /(59|1 h 0) min behind/, advice: /NTP/ }])
})

t.test('a token that is missing or wrong', async (t) => {
  const roll = await openRoll(t, { httpToken: 'a-token-of-the-fleet' })
  while (!roll.daemon.reader.isReady) await pause()
  const env = envOf(roll)
  t.match((await diagnose(env)).wrong, [{ check: 'http', text: /token/, advice: /HTTP_TOKEN/ }])
  t.match((await diagnose({ ...env, HTTP_TOKEN: 'another' })).wrong, [{ check: 'http', advice: /HTTP_TOKEN/ }])
  t.same((await diagnose({ ...env, HTTP_TOKEN: 'a-token-of-the-fleet' })).wrong, [])
})

t.test('TLS where there is none, none where there is TLS, and an authority that nobody here knows', async (t) => {
  if (!requireTool(t, 'openssl', 'openssl')) return
  const plain = await openRoll(t)
  await untilReady(plain)
  const asked = await diagnose({ ...envOf(plain), ROLLCALL_URL: plain.url.replace('http:', 'https:') })
  t.match(asked.wrong, [{ check: 'http', text: /without TLS/, advice: /http:\/\// }])
  const authority = makeAuthority(t)
  const pair = authority.issue('the daemon', 'localhost')
  const httpCertificate = { pair, reread: () => true, onChange() {} }
  const secured = await openRoll(t, { httpCertificate })
  while (!secured.daemon.reader.isReady) await pause()
  const { DISCOVERY_HOST } = envOf(secured)
  const { port } = new URL(secured.url)
  const ask = async (ROLLCALL_URL: string, more: Record<string, string> = {}) =>
    (await diagnose({ DISCOVERY_HOST, ROLLCALL_URL, ...more })).wrong
  t.match(await ask(`http://localhost:${port}`), [{ check: 'http', text: /in clear/, advice: /https:\/\// }])
  t.match(await ask(`https://localhost:${port}`), [{ check: 'http', text: /TLS/, advice: /NODE_EXTRA_CA_CERTS/ }])
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-doctor-ca-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'ca.pem'), authority.ca)
  t.same(await ask(`https://localhost:${port}`, { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }), [])
})

t.test('a daemon that is warming up', async (t) => {
  const roll = await openRoll(t, { warmupMs: 3_600_000 })
  t.match((await diagnose(envOf(roll))).wrong, [{ check: 'http', text: /warming up/, advice: /WARMUP/ }])
})

t.test('a daemon that has frozen removals, and who fell silent', async (t) => {
  const roll = await openRoll(t, { freezeMs: 600_000 })
  const { reader } = roll.daemon
  // Somebody stays, or the daemon would say that it knows nothing.
  await roll.add('answer|tcp://10.0.0.9:80')
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const lines = Array.from({ length: 6 }, (_, index) => `web|http://10.0.0.${index}:80`)
  engine.dial(
    roll.daemon.spAddress,
    engine.createRespondent(() => Buffer.from(lines.join('\n'))),
  )
  while (reader.instances('web').length < lines.length) await pause()
  await untilReady(roll)
  // Only who has been there for 2 s counts as fallen silent.
  const joinedAtMs = reader.nowMs()
  while (reader.nowMs() < joinedAtMs + 2_500) await pause()
  await engine.close()
  while (!reader.isFrozen) await pause()
  const { wrong } = await diagnose(envOf(roll))
  t.match(wrong[0], { check: 'http', text: /frozen removals/, advice: /rollcall rounds/ })
  t.equal(wrong.filter(({ text }) => text.includes('suspect, since its connection is closed')).length, 6)
})

t.test('ids that two claim, addresses that others may not reach, and addresses that are not reached', async (t) => {
  const roll = await openRoll(t)
  const address = await closedAddress()
  await roll.add(`{"service":"web","id":"web-1","boot":"a","address":"http://${address}"}`)
  await roll.add(`{"service":"web","id":"web-1","boot":"b","address":"${await roll.reply('42')}"}`)
  const listening = await serve(t, (_request, response) => response.end())
  await roll.add(`{"service":"lost","id":"lost-1","address":"http://*:${new URL(listening).port}"}`)
  await untilReady(roll)
  const { code, wrong } = await diagnose(envOf(roll))
  t.equal(code, 1)
  t.match(
    wrong.filter(({ text }) => text.includes('others may not reach')),
    [{ check: 'roll', text: /^lost\/lost-1: /, advice: /SERVICE_HOST/ }],
  )
  t.match(
    wrong.filter(({ text }) => text.includes('claim this id')),
    [{ check: 'roll', text: /^web\/web-1/, advice: /SERVICE_ID/ }],
  )
  t.match(
    wrong.filter(({ check }) => check === 'reach'),
    [{ text: new RegExp(`^web/web-1: http://${address} cannot be connected to from here \\(connection refused\\)`) }],
  )
})
