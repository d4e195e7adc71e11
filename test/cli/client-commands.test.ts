// services, resolve and health against a daemon in this process; each run is the built program.

import t from 'tap'
import { closedAddress, serve } from './http-server.ts'
import { openRoll, untilReady } from './open-roll.ts'
import { runCli } from './run-cli.ts'

t.test('services lists the names with their counts', async (t) => {
  const roll = await openRoll(t)
  await roll.add('answer|tcp://10.0.0.1:4000', 'answer|tcp://10.0.0.2:4000', 'web|http://10.0.0.3:80')
  await untilReady(roll)
  const run = await runCli(['services', '--daemon', roll.url])
  t.match(run, { code: 0, stderr: '' })
  t.match(run.stdout, /^SERVICE +INSTANCES +ALIVE +SUSPECT\nanswer +2 +2 +0\nweb +1 +1 +0\n$/)
})

t.test('services NAME lists the instances, by people and by programs', async (t) => {
  const roll = await openRoll(t)
  await roll.add('{"service":"web","id":"web-1","address":"http://10.0.0.7:8080","zone":"eu","version":"1.2.3"}')
  const env = { ROLLCALL_URL: roll.url }
  const table = await runCli(['services', 'web'], env)
  t.match(table.stdout, /web-1 +http:\/\/10\.0\.0\.7:8080 +alive +passing +eu +1\.2\.3/)
  const json = JSON.parse((await runCli(['services', 'web', '--json'], env)).stdout)
  t.match(json, { service: 'web', instances: [{ id: 'web-1', state: 'alive', zone: 'eu' }] })
})

t.test('resolve prints the address alone, so that a script can use it', async (t) => {
  const roll = await openRoll(t)
  await roll.add('answer|tcp://10.0.0.1:4000')
  const run = await runCli(['resolve', 'answer', '--daemon', roll.url])
  t.match(run, { code: 0, stdout: 'tcp://10.0.0.1:4000\n', stderr: '' })
})

t.test('resolve --json prints everything that is known of the provider', async (t) => {
  const roll = await openRoll(t)
  await roll.add('{"service":"web","id":"web-1","address":"http://10.0.0.7:8080","tags":["canary"]}')
  const run = await runCli(['resolve', 'web', '--json', '--daemon', roll.url])
  t.match(JSON.parse(run.stdout), { service: 'web', id: 'web-1', host: '10.0.0.7', port: 8080, tags: ['canary'] })
})

t.test('the filters of resolve reach the daemon', async (t) => {
  const roll = await openRoll(t)
  await roll.add(
    '{"service":"web","id":"a","address":"http://10.0.0.1:80","zone":"eu","version":"1.0.0","tags":["blue"]}',
    '{"service":"web","id":"b","address":"http://10.0.0.2:80","zone":"us","version":"2.0.0","tags":["blue","canary"]}',
  )
  const resolve = async (...filter: string[]): Promise<string> =>
    (await runCli(['resolve', 'web', '--daemon', roll.url, ...filter])).stdout.trim()
  t.equal(await resolve('--zone', 'us'), 'http://10.0.0.2:80')
  t.equal(await resolve('--near', 'eu'), 'http://10.0.0.1:80')
  t.equal(await resolve('--version', '>=1 <2'), 'http://10.0.0.1:80')
  t.equal(await resolve('--tag', 'blue', '--tag', '!canary'), 'http://10.0.0.1:80')
})

t.test('the ways of finding nobody are exit code 3, each with its own message', async (t) => {
  const roll = await openRoll(t)
  await roll.add(
    '{"service":"web","address":"http://10.0.0.1:80","zone":"eu"}',
    '{"service":"sick","address":"http://10.0.0.2:80","status":"critical"}',
  )
  await untilReady(roll)
  const env = { ROLLCALL_URL: roll.url }
  t.match(await runCli(['resolve', 'nobody'], env), { code: 3, stdout: '', stderr: /no service named "nobody"/ })
  t.match(await runCli(['services', 'nobody'], env), { code: 3, stdout: '', stderr: /no service named "nobody"/ })
  t.match(await runCli(['call', 'nobody'], env), { code: 3, stdout: '', stderr: /no service named "nobody"/ })
  t.match(await runCli(['resolve', 'web', '--zone', 'us'], env), { code: 3, stderr: /no provider matches/ })
  t.match(await runCli(['resolve', 'sick'], env), { code: 3, stderr: /critical or draining/ })
})

t.test('a daemon that does not know yet is exit code 4, and so is a list from it', async (t) => {
  const roll = await openRoll(t, { warmupMs: 3_600_000 })
  const env = { ROLLCALL_URL: roll.url }
  t.match(await runCli(['resolve', 'answer'], env), { code: 4, stderr: /does not know yet/ })
  t.match(await runCli(['services'], env), { code: 4, stderr: /does not know/ })
  t.match(await runCli(['health', '--daemon', roll.url]), { code: 4, stderr: /not ready/ })
})

t.test('an empty roll is no failure', async (t) => {
  const roll = await openRoll(t)
  await untilReady(roll)
  t.match(await runCli(['services', '--daemon', roll.url]), { code: 0, stdout: '', stderr: 'nobody is on the roll\n' })
})

t.test('a name or filter of a wrong form is wrong use', async (t) => {
  const roll = await openRoll(t)
  const env = { ROLLCALL_URL: roll.url }
  t.match(await runCli(['resolve', 'a.b'], env), { code: 2, stderr: /a-b/ })
  t.match(await runCli(['resolve', ''], env), { code: 2, stderr: /empty/ })
  t.match(await runCli(['resolve', 'web', '--version', 'newest'], env), { code: 2, stderr: /semver/ })
  t.match(await runCli(['services', 'no spaces'], env), { code: 2 })
  t.match(await runCli(['call', 'a.b', '--every', '1s'], env), { code: 2 })
})

t.test('every daemon that was tried is named when none can be reached', async (t) => {
  const [first, second] = [await closedAddress(), await closedAddress()]
  const run = await runCli(['services', '--daemon', `http://${first},http://${second}`])
  t.match(run, { code: 4, stdout: '' })
  t.match(run.stderr, `http://${first} (connection refused), http://${second} (connection refused)`)
  t.match(run.stderr, 'rollcall daemon')
  const blocked = await runCli(['services', '--daemon', 'http://127.0.0.1:1'])
  t.match(blocked.stderr, 'http://127.0.0.1:1 (bad port)', 'fetch talks to no port of another protocol')
})

t.test('the next daemon is asked when one is away, and when one does not know yet', async (t) => {
  const warming = await openRoll(t, { warmupMs: 3_600_000 })
  const knowing = await openRoll(t)
  await knowing.add('answer|tcp://10.0.0.1:4000')
  const daemons = `${await closedAddress()},${warming.url},${knowing.url}`
  t.match(await runCli(['resolve', 'answer', '--daemon', daemons]), { code: 0, stdout: 'tcp://10.0.0.1:4000\n' })
})

t.test('something else that listens there is not taken for a daemon', async (t) => {
  const url = await serve(t, (_request, response) => response.end('<html>'))
  t.match(await runCli(['services', '--daemon', url]), { code: 4, stderr: /not a Rollcall daemon/ })
  const json = await serve(t, (_request, response) => response.end('{"hello":"world"}'))
  t.match(await runCli(['resolve', 'answer', '--daemon', json]), { code: 4, stderr: /does not know/ })
})

t.test('a daemon that is no URL is wrong use', async () => {
  t.match(await runCli(['services', '--daemon', 'ftp://x']), { code: 2, stderr: /--daemon: "ftp:\/\/x" is not/ })
  t.match(await runCli(['services'], { ROLLCALL_URL: 'http://[' }), { code: 2, stderr: /ROLLCALL_URL: / })
})

t.test('health is 0 for a daemon that is ready, and never asks ROLLCALL_URL', async (t) => {
  const roll = await openRoll(t)
  await untilReady(roll)
  t.match(await runCli(['health', '--daemon', roll.url]), { code: 0, stdout: '', stderr: '' })
  const HTTP_PORT = new URL(roll.url).port
  t.match(await runCli(['health'], { HTTP_PORT, ROLLCALL_URL: 'http://127.0.0.1:1' }), { code: 0 })
  t.match(await runCli(['health', '--daemon', await closedAddress()]), { code: 4, stderr: /connection refused/ })
})
