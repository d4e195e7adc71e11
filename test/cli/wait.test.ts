// wait against a daemon in this process; each run is the built program.

import t from 'tap'
import { openDaemon } from '../../discovery/daemon.ts'
import { closedAddress, freePort, serve } from './http-server.ts'
import { openRoll, untilReady } from './open-roll.ts'
import { runCli, startCli } from './run-cli.ts'

t.test('wait ends as soon as so many are there', async (t) => {
  const roll = await openRoll(t)
  await roll.add('web|http://10.0.0.1:80')
  const run = startCli(['wait', 'web', '--count', '2', '--daemon', roll.url])
  await roll.add('web|http://10.0.0.2:80')
  t.match(await run.ended, { code: 0, stdout: '', stderr: 'web: 2 are alive and passing\n' })
})

t.test('who is not there in time is named, with an exit code of its own', async (t) => {
  const roll = await openRoll(t)
  await roll.add(
    '{"service":"web","id":"web-1","address":"http://10.0.0.1:80"}',
    '{"service":"web","id":"web-2","address":"http://10.0.0.2:80","status":"critical"}',
  )
  await untilReady(roll)
  const env = { ROLLCALL_URL: roll.url }
  const run = await runCli(['wait', 'web', '--count', '2', '--timeout', '3s'], env)
  t.match(run, { code: 5, stdout: '', stderr: /web: only 1 of 2 alive and passing after 3\.0 s; web-2 is critical\n/ })
  t.match(await runCli(['wait', 'nobody', '--timeout', '3s'], env), { code: 5, stderr: /nobody: only 0 of 1/ })
})

t.test('the filters count', async (t) => {
  const roll = await openRoll(t)
  await roll.add(
    '{"service":"web","id":"a","address":"http://10.0.0.1:80","zone":"eu","version":"1.0.0","tags":["blue"]}',
    '{"service":"web","id":"b","address":"http://10.0.0.2:80","zone":"us","version":"2.0.0","tags":["blue","canary"]}',
  )
  const wait = async (...filter: string[]) => {
    const run = await runCli(['wait', 'web', '--json', '--timeout', '3s', '--daemon', roll.url, ...filter])
    const { present } = JSON.parse(run.stdout)
    return { code: run.code, ids: present.map(({ id }: { id: string }) => id) }
  }
  t.same(await wait('--zone', 'us'), { code: 0, ids: ['b'] })
  t.same(await wait('--version', '>=1 <2'), { code: 0, ids: ['a'] })
  t.same(await wait('--tag', 'blue', '--tag', '!canary'), { code: 0, ids: ['a'] })
  t.same(await wait('--tag', 'green'), { code: 5, ids: [] })
})

t.test('daemons that are not up yet are waited for', async (t) => {
  const [port, httpPort] = [Number(await freePort()), Number(await freePort())]
  const run = startCli(['wait', 'web', '--json', '--daemon', `http://127.0.0.1:${httpPort}`])
  const options = { host: '127.0.0.1', port, httpHost: '127.0.0.1', httpPort, intervalMs: 50 }
  const daemon = await openDaemon(options)
  t.teardown(() => daemon.close())
  const roll = await openRoll(t)
  const respondent = roll.engine.createRespondent(() => Buffer.from('web|http://10.0.0.1:80'))
  roll.engine.dial(daemon.spAddress, respondent)
  const { code, stdout } = await run.ended
  t.equal(code, 0)
  t.match(JSON.parse(stdout), {
    service: 'web',
    wanted: 1,
    isEnough: true,
    present: [{ address: 'http://10.0.0.1:80' }],
  })
})

t.test('no daemon to the end is not the same as nobody', async (t) => {
  const url = `http://${await closedAddress()}`
  const away = await runCli(['wait', 'web', '--timeout', '500ms', '--daemon', url])
  t.match(away, { code: 4, stderr: /web: not known after 500 ms: .*connection refused/ })
  const roll = await openRoll(t, { warmupMs: 3_600_000 })
  const warming = await runCli(['wait', 'web', '--timeout', '3s', '--daemon', roll.url])
  t.match(warming, { code: 4, stderr: /does not know yet/ })
})

t.test('what no daemon would ever accept is wrong use at once', async (t) => {
  const roll = await openRoll(t)
  const env = { ROLLCALL_URL: roll.url }
  t.match(await runCli(['wait', 'a.b'], env), { code: 2, stderr: /a-b/ })
  t.match(await runCli(['wait', 'web', '--version', 'newest'], env), { code: 2, stderr: /semver/ })
  t.match(await runCli(['wait', 'web', '--count', '0'], env), { code: 2, stderr: /from 1/ })
})

t.test('a signal ends it with 130', async (t) => {
  let asked = () => {}
  const wasAsked = new Promise<void>((resolve) => (asked = resolve))
  const url = await serve(t, (_request, response) => {
    asked()
    response.writeHead(404).end('{"code":"UNKNOWN_SERVICE","message":"nobody"}')
  })
  const run = startCli(['wait', 'web', '--timeout', '1h', '--daemon', url])
  await wasAsked
  run.kill('SIGTERM')
  t.match(await run.ended, { code: 130, stdout: '' })
})
