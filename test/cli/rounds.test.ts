// rounds and the live forms against a daemon in this process; each run is the built program.

import t from 'tap'
import { closedAddress, serve } from './http-server.ts'
import { openRoll } from './open-roll.ts'
import { runCli, startCli } from './run-cli.ts'

t.test('rounds lists whom the daemon asked, who answered, and who did not, by id', async (t) => {
  const roll = await openRoll(t, { deadlineMs: 20, misses: 1000 })
  let isSilent = false
  const respondent = roll.engine.createRespondent(() =>
    isSilent ? undefined : Buffer.from('{"service":"web","id":"web-1","address":"http://10.0.0.1:80"}'),
  )
  const joined = new Promise<void>((resolve) => void roll.daemon.reader.changes.subscribe(() => resolve()))
  roll.engine.dial(roll.daemon.spAddress, respondent)
  await joined
  isSilent = true
  while (!roll.daemon.reader.rounds().some(({ missing }) => missing.length > 0))
    await new Promise((resolve) => void setImmediate(resolve))
  const run = await runCli(['rounds', '--last', '100', '--daemon', roll.url])
  t.match(run, { code: 0, stderr: '' })
  t.match(run.stdout, /^ROUND +STARTED +ASKED +ANSWERED +LATE +TOOK +MISSING\n1 /)
  t.match(run.stdout, /^\d+ +\d\d:\d\d:\d\d +1 +0 +\d+ +[\d.]+ m?s +web\/web-1$/m)
})

t.test('rounds --last bounds them, and --json is one line for each', async (t) => {
  const roll = await openRoll(t)
  while (roll.daemon.reader.rounds().length < 5) await new Promise((resolve) => void setImmediate(resolve))
  const env = { ROLLCALL_URL: roll.url }
  const lines = (await runCli(['rounds', '--last', '2', '--json'], env)).stdout.trim().split('\n')
  const [first, second] = lines.map((line) => JSON.parse(line))
  t.equal(lines.length, 2)
  t.match(first, { asked: 0, answered: 0, missing: [] })
  t.equal(second.round, first.round + 1)
  t.match(await runCli(['rounds', '--last', '101'], env), { code: 2, stderr: /1 to 100/ })
})

t.test('a daemon that has ended no round yet has none to list', async (t) => {
  const url = await serve(t, (_request, response) => response.end('{"rounds":[]}'))
  t.match(await runCli(['rounds', '--daemon', url]), { code: 0, stdout: '', stderr: 'no round has ended yet\n' })
  const away = `http://${await closedAddress()}`
  t.match(await runCli(['rounds', '--daemon', away]), { code: 4, stderr: /no daemon could be asked/ })
})

t.test(
  'rounds --watch --json tells each round once, also when the daemon goes away, and ends with a signal',
  async (t) => {
    const roll = await openRoll(t)
    const run = startCli(['rounds', '--watch', '--last', '100', '--json', '--daemon', roll.url])
    await run.said(/"round":10,/)
    await roll.daemon.close()
    await run.said(/no daemon could be asked/)
    run.kill('SIGINT')
    const { code, stdout } = await run.ended
    t.equal(code, 0)
    const rounds = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).round)
    t.same(rounds, [...new Set(rounds)])
  },
)

t.test('services --watch shows who has come since', async (t) => {
  const roll = await openRoll(t)
  await roll.add('web|http://10.0.0.1:80')
  const run = startCli(['services', '--watch', '--daemon', roll.url])
  await run.said(/web +1 +1 +0\n/)
  await roll.add('answer|tcp://10.0.0.2:80')
  await run.said(/answer +1 +1 +0\nweb +1 +1 +0\n/)
  run.kill('SIGTERM')
  t.match(await run.ended, { code: 0 })
  t.match(await runCli(['services', 'a.b', '--watch', '--daemon', roll.url]), { code: 2, stderr: /a-b/ })
})
