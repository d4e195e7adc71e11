// `rollcall daemon`: from the environment to a daemon that answers, and back to nothing.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { makeAuthority } from '../fixtures/certificates.ts'
import { requireTool } from '../fixtures/require-tool.ts'
import { freePort } from './http-server.ts'
import { openRoll, untilReady } from './open-roll.ts'
import { runCli, startCli } from './run-cli.ts'

async function createEnvironment(): Promise<Record<string, string>> {
  return { PORT: await freePort(), HTTP_HOST: '127.0.0.1', HTTP_PORT: await freePort(), DNS_PORT: '0', WARMUP: '1' }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`the daemon answers over HTTP until ${signal}, and then ends with 0`, async (t) => {
    const env = await createEnvironment()
    const run = startCli(['daemon'], env)
    await run.said(/listening/)
    await untilReady({ url: `http://127.0.0.1:${env['HTTP_PORT']}` })
    t.match(await runCli(['health'], env), { code: 0 })
    run.kill(signal)
    t.match(await run.ended, { code: 0, stderr: '' })
  })
}

t.test('with a token, the program itself shows it, a health check needs none, and no log line has it', async (t) => {
  const token = 'a-token-that-nobody-guesses'
  const env: Record<string, string> = { ...(await createEnvironment()), LOG_LEVEL: 'trace', HTTP_TOKEN: token }
  const run = startCli(['daemon'], env)
  await run.said(/listening/)
  const url = `http://127.0.0.1:${env['HTTP_PORT']}`
  await untilReady({ url })
  t.match(await runCli(['services', '--json'], env), { code: 0 })
  const { HTTP_TOKEN: _token, ...others } = env
  t.match(await runCli(['health'], others), { code: 0 })
  const refused = await runCli(['services', '--daemon', url], { HTTP_TOKEN: 'wrong' })
  t.match(refused, { stderr: /the token is not the one of this daemon/ })
  t.not(refused.code, 0)
  run.kill('SIGTERM')
  const { stdout, stderr } = await run.ended
  t.notMatch(stdout + stderr + refused.stderr, token)
})

t.test(
  'with a certificate it speaks TLS, its own health check finds it, and SIGHUP brings the next certificate',
  async (t) => {
    if (!requireTool(t, 'openssl', 'openssl')) return
    const authority = makeAuthority(t)
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-daemon-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const [HTTP_TLS_CERT, HTTP_TLS_KEY] = [join(folder, 'crt'), join(folder, 'key')]
    const write = (name: string) => {
      const { cert, key } = authority.issue(name, 'localhost')
      writeFileSync(HTTP_TLS_CERT, cert)
      writeFileSync(HTTP_TLS_KEY, key)
    }
    const env: Record<string, string> = { ...(await createEnvironment()), HTTP_TLS_CERT, HTTP_TLS_KEY }
    t.match(await runCli(['daemon'], env), { code: 1, stderr: /^rollcall: HTTP_TLS_CERT: .*no such file/ })
    write('first')
    const run = startCli(['daemon'], env)
    await run.said(/listening/)
    await untilHealthy(env)
    const ca = join(folder, 'ca')
    writeFileSync(ca, authority.ca)
    const url = `https://localhost:${env['HTTP_PORT']}`
    t.match(await runCli(['services', '--daemon', url], { NODE_EXTRA_CA_CERTS: ca }), { code: 0 })
    const stranger = await runCli(['services', '--daemon', url])
    t.match(stranger.stderr, /certificate/)
    t.not(stranger.code, 0)
    write('second')
    run.kill('SIGHUP')
    await run.said(/certificate read again/)
    t.match(await runCli(['services', '--daemon', url], { NODE_EXTRA_CA_CERTS: ca }), { code: 0 })
    run.kill('SIGTERM')
    t.match(await run.ended, { code: 0, stderr: '' })
  },
)

/** By its own check, which exits with 4 until then. */
async function untilHealthy(env: Record<string, string>): Promise<void> {
  const untilMs = Date.now() + 60_000
  for (;;) {
    const { code, stderr } = await runCli(['health'], env)
    if (code === 0) return
    if (code !== 4 || Date.now() > untilMs) throw new Error(stderr)
  }
}

t.test('off a terminal the log is JSON, one entry to a line, and says once that the fleet is open', async (t) => {
  const run = startCli(['daemon'], await createEnvironment())
  await run.said(/fleet is open/)
  run.kill('SIGTERM')
  const { stdout } = await run.ended
  const entries = stdout
    .trim()
    .split('\n')
    .map((line): { readonly msg: string } => JSON.parse(line))
  t.equal(entries.filter(({ msg }) => msg.includes('fleet is open')).length, 1)
})

t.test('LOG_FORMAT=line is a line for people, LOG_LEVEL leaves out the rest', async (t) => {
  const run = startCli(['daemon'], { ...(await createEnvironment()), LOG_FORMAT: 'line', LOG_LEVEL: 'warn' })
  await run.said(/^\d\d:\d\d:\d\d warn {2}.*fleet is open/)
  run.kill('SIGTERM')
  t.notMatch((await run.ended).stdout, /listening/)
})

t.test('wrong variables are one error that names every one of them', async (t) => {
  const run = await runCli(['daemon'], { PORT: 'high', INTERVAL: '-1', LOG_FORMAT: 'xml', LOG_LEVEL: 'loud' })
  t.match(run, { code: 1, stdout: '' })
  for (const name of ['PORT', 'INTERVAL', 'LOG_FORMAT', 'LOG_LEVEL']) t.match(run.stderr, name)
})

t.test('a port in use is one line that names the variable to change', async (t) => {
  const other = await openRoll(t)
  const env = await createEnvironment()
  const spPort = other.daemon.spAddress.replace(/^.*:/, '')
  t.match(await runCli(['daemon'], { ...env, PORT: spPort }), { code: 1, stderr: /^rollcall: .*\bPORT\b.*\n$/ })
  const HTTP_PORT = new URL(other.url).port
  t.match(await runCli(['daemon'], { ...env, DNS_PORT: HTTP_PORT }), {
    code: 1,
    stderr: /^rollcall: .*\bDNS_PORT\b.*\n$/,
  })
  t.match(await runCli(['daemon'], { ...env, HTTP_PORT }), { code: 1, stderr: /^rollcall: .*\bHTTP_PORT\b.*\n$/ })
})

t.test('the help has a row for each variable', async (t) => {
  const { stdout } = await runCli(['daemon', '--help'])
  for (const name of [
    'PORT',
    'INTERVAL',
    'DEADLINE',
    'WARMUP',
    'HTTP_PORT',
    'DNS_PORT',
    'ZONE',
    'LOG_LEVEL',
    'LOG_FORMAT',
  ]) {
    t.match(stdout, new RegExp(`^ +${name} `, 'm'))
  }
})
