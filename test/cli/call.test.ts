// call against a daemon in this process; each run is the built program.

import t from 'tap'
import { closedAddress, serve } from './http-server.ts'
import { openRoll } from './open-roll.ts'
import { runCli, startCli } from './run-cli.ts'

t.test('call asks an SP provider, and says on stderr who said it', async (t) => {
  const roll = await openRoll(t)
  const address = await roll.reply('The answer is 42')
  await roll.add(`{"service":"answer","id":"answer-2","address":"${address}"}`)
  const env = { ROLLCALL_URL: roll.url }
  t.match(await runCli(['call', 'answer'], env), { code: 0, stdout: 'The answer is 42\n', stderr: 'answer-2 said:\n' })
  t.match(await runCli(['call', 'answer', 'you'], env), { code: 0, stdout: 'The answer is 42 to you\n' })
})

t.test('call gets from an HTTP provider, and posts a body', async (t) => {
  const roll = await openRoll(t)
  const address = await serve(t, (request, response) => {
    request.setEncoding('utf8').once('data', (body) => response.end(`${request.method} ${request.url} ${body}`))
    request.once('end', () => response.end(`${request.method} ${request.url}`))
  })
  await roll.add(`{"service":"web","id":"web-1","address":"${address}"}`)
  const env = { ROLLCALL_URL: roll.url }
  t.match(await runCli(['call', 'web', '--path', '/hello?x=1'], env), { code: 0, stdout: 'GET /hello?x=1\n' })
  t.match(await runCli(['call', 'web', 'body'], env), { code: 0, stdout: 'POST / body\n' })
})

t.test('an HTTP status that is no success is exit code 1, with the reply', async (t) => {
  const roll = await openRoll(t)
  const address = await serve(t, (_request, response) => response.writeHead(500).end('broken'))
  await roll.add(`{"service":"web","id":"web-1","address":"${address}"}`)
  const run = await runCli(['call', 'web', '--daemon', roll.url])
  t.match(run, { code: 1, stdout: 'broken\n', stderr: /web-1 said \(status 500\)/ })
})

t.test('call --json names the provider, the reply and the time', async (t) => {
  const roll = await openRoll(t)
  const address = await roll.reply('The answer is 42')
  await roll.add(`{"service":"answer","id":"answer-2","address":"${address}"}`)
  const run = await runCli(['call', 'answer', '--json', '--daemon', roll.url])
  t.match(JSON.parse(run.stdout), { provider: { id: 'answer-2' }, reply: 'The answer is 42', durationMs: Number })
})

t.test('a provider that refuses the connection is passed over for another', async (t) => {
  const roll = await openRoll(t)
  const address = await roll.reply('here')
  const refusing = await closedAddress()
  await roll.add(`answer|tcp://${refusing}`, `answer|${address}`)
  // Each begins with either of the two.
  const runs = await Promise.all(Array.from({ length: 6 }, () => runCli(['call', 'answer', '--daemon', roll.url])))
  for (const run of runs) t.match(run, { code: 0, stdout: 'here\n' })
})

t.test('a service whose only provider refuses is an error that says where', async (t) => {
  const roll = await openRoll(t)
  const refusing = await closedAddress()
  await roll.add(`{"service":"answer","id":"dead","address":"tcp://${refusing}"}`)
  const run = await runCli(['call', 'answer', '--daemon', roll.url])
  t.match(run, { code: 1, stdout: '' })
  t.match(run.stderr, `dead cannot be reached at tcp://${refusing}: connection refused`)
})

t.test('a provider that never replies is an error at the timeout, and no other is asked', async (t) => {
  const roll = await openRoll(t)
  const address = await serve(t, () => {})
  await roll.add(`{"service":"web","id":"silent","address":"${address}"}`)
  const run = await runCli(['call', 'web', '--timeout', '2s', '--daemon', roll.url])
  t.match(run, { code: 1, stdout: '', stderr: /silent at .* gave no reply within 2000 ms/ })
})

t.test('a protocol that call does not know is refused by name', async (t) => {
  const roll = await openRoll(t)
  await roll.add('{"service":"mail","id":"mail-1","address":"smtp://10.0.0.1:25"}')
  t.match(await runCli(['call', 'mail', '--daemon', roll.url]), { code: 1, stderr: /mail-1 speaks smtp/ })
})

t.test('call --every goes on while the daemon is away, and ends with 0 when told to', async (t) => {
  const roll = await openRoll(t)
  const address = await roll.reply('The answer is 42')
  await roll.add(`{"service":"answer","id":"answer-2","address":"${address}"}`)
  const run = startCli(['call', 'answer', '--every', '20ms', '--daemon', roll.url])
  await run.said(/^answer-2 said: The answer is 42\nanswer-2 said: The answer is 42\n/)
  await roll.daemon.close()
  await run.said(/no daemon could be asked/)
  run.kill('SIGTERM')
  t.match(await run.ended, { code: 0 })
})
