// `rollcall survey` against respondents in this process; each run is the built program.

import type { Test } from 'tap'
import t from 'tap'
import type { Engine } from '../../messaging/sp/engine.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'
import { closedAddress } from './http-server.ts'
import { runCli, startCli } from './run-cli.ts'

function openEngine(t: Test): Engine {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  return engine
}

async function listenRespondent(t: Test, answer: (question: string) => string | undefined): Promise<string> {
  const engine = openEngine(t)
  const respondent = engine.createRespondent((question) => {
    const text = answer(question.toString())
    return text === undefined ? undefined : Buffer.from(text)
  })
  const listener = await engine.listen('tcp://127.0.0.1:0', respondent)
  return listener.address
}

t.test('the question of the roll call is asked by default, and every line of the answer is printed', async (t) => {
  const address = await listenRespondent(t, (question) => `${question}\nweb|tcp://10.0.0.1:80`)
  const run = await runCli(['survey', address])
  t.equal(run.code, 0)
  const from = address.replace('tcp://', '')
  t.match(run.stdout.split('\n'), [
    new RegExp(`^${from} \\(.*\\): service query$`),
    new RegExp(`^${from} \\(.*\\): web\\|tcp://10\\.0\\.0\\.1:80$`),
    '',
  ])
  t.match(run.stderr, /^1 of 1 answered in .*; everyone asked has answered or left\n$/)
})

t.test('any other question can be asked', async (t) => {
  const address = await listenRespondent(t, (question) => `${question} 21 degrees`)
  t.match(await runCli(['survey', address, 'temperature?']), { code: 0, stdout: /: temperature\? 21 degrees\n/ })
})

t.test('whoever gives no answer is named after the deadline', async (t) => {
  const run = startCli(['survey', 'tcp://127.0.0.1:0', '--listen', '--expect', '2', '--wait', '1m', '--deadline', '3s'])
  const [, address = ''] = await run.said(/listening at (\S+)/)
  const engine = openEngine(t)
  engine.dial(
    address,
    engine.createRespondent(() => Buffer.from('here')),
  )
  engine.dial(
    address,
    engine.createRespondent(() => undefined),
  )
  const { code, stdout, stderr } = await run.ended
  t.equal(code, 3, 'fewer answered than were expected')
  t.match(stdout, /^127\.0\.0\.1:\d+ \(.*\): here\n$/)
  t.match(stderr, /1 of 2 answered .*; ended by the deadline of 3\.0 s\nno answer from 127\.0\.0\.1:\d+\n$/)
})

t.test('answers and outcome are one line of JSON each', async (t) => {
  const address = await listenRespondent(t, () => 'here')
  const run = await runCli(['survey', address, '--json'])
  const [answer, outcome] = run.stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  t.match(answer, { type: 'answer', from: address.replace('tcp://', ''), answer: 'here', roundTripMs: Number })
  t.match(outcome, { type: 'outcome', asked: 1, answered: 1, missing: [], late: 0, endedBy: 'complete' })
})

t.test('an answer that is no text is base64 in JSON, and harmless on a terminal', async (t) => {
  const engine = openEngine(t)
  const bytes = Buffer.from([0xff, 0x1b, 0x5b])
  const { address } = await engine.listen(
    'tcp://127.0.0.1:0',
    engine.createRespondent(() => bytes),
  )
  const json = await runCli(['survey', address, '--json'])
  t.match(json.stdout, '"answerBase64":"/xtb"')
  t.match((await runCli(['survey', address])).stdout, /\\x1b\[\n$/)
})

t.test('an empty answer is an answer', async (t) => {
  const address = await listenRespondent(t, () => '')
  t.match(await runCli(['survey', address]), { code: 0, stdout: /an empty answer/ })
})

t.test('nobody at the address is exit code 3, and said', async () => {
  const address = `tcp://${await closedAddress()}`
  const run = await runCli(['survey', address, '--wait', '50ms'])
  t.match(run, { code: 3, stdout: '', stderr: `rollcall: nobody connected at ${address} within 50 ms\n` })
  const json = await runCli(['survey', address, '--wait', '50ms', '--json'])
  t.match(JSON.parse(json.stdout), { type: 'outcome', asked: 0, answered: 0 })
})

t.test('an address of a wrong form is wrong use, and a taken port is an error', async (t) => {
  t.match(await runCli(['survey', '10.0.0.1:5555']), { code: 2, stderr: /10\.0\.0\.1:5555/ })
  t.match(await runCli(['survey', 'tcp://127.0.0.1:1', '--deadline', '5']), { code: 2, stderr: /number with a unit/ })
  t.match(await runCli(['survey', 'tcp://127.0.0.1:1', '--expect', '0']), { code: 2, stderr: /whole number from 1/ })
  const taken = await listenRespondent(t, () => 'here')
  t.match(await runCli(['survey', taken, '--listen']), { code: 1, stderr: /^rollcall: / })
})

t.test('Ctrl-C while waiting ends it at once', async (t) => {
  const run = startCli(['survey', 'tcp://127.0.0.1:0', '--listen', '--wait', '1h'])
  await run.said(/listening at/)
  run.kill('SIGINT')
  t.match(await run.ended, { code: 130 })
})
