// watch against daemons in this process; each run is the built program.

import type { Test } from 'tap'
import t from 'tap'
import { closedAddress } from './http-server.ts'
import type { TestRoll } from './open-roll.ts'
import { openRoll, untilReady } from './open-roll.ts'
import { runCli, startCli } from './run-cli.ts'

interface Line {
  readonly type: string
  readonly daemon: string
  readonly instance: { readonly id: string }
}

function readLines(stdout: string): string[] {
  return stdout
    .trim()
    .split('\n')
    .map((text) => {
      const { type, instance }: Line = JSON.parse(text)
      return `${type} ${instance.id}`
    })
}

function line(id: string): string {
  return `{"service":"web","id":"${id}","address":"http://10.0.0.1:${80 + Number(id.split('-')[1])}"}`
}

/** On the roll of each of them, until what comes back is called. */
async function join(rolls: readonly TestRoll[], id: string): Promise<() => Promise<void>> {
  const [first] = rolls
  if (first === undefined) throw new Error('on no roll')
  const respondent = first.engine.createRespondent(() => Buffer.from(line(id)))
  for (const { daemon } of rolls) first.engine.dial(daemon.spAddress, respondent)
  for (const { daemon } of rolls) {
    while (!daemon.reader.instances('web').some((instance) => instance.id === id)) await turn()
  }
  return () => respondent.close()
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 5))
}

async function openTwo(t: Test): Promise<readonly [TestRoll, TestRoll]> {
  const rolls = [await openRoll(t), await openRoll(t)] as const
  for (const roll of rolls) await untilReady(roll)
  return rolls
}

t.test('watch tells who is there, then each change as one line', async (t) => {
  const roll = await openRoll(t)
  await join([roll], 'web-1')
  await untilReady(roll)
  const run = startCli(['watch', '--daemon', roll.url])
  await run.said(/here +web\/web-1 +http:\/\/10\.0\.0\.1:81\n/)
  const leave = await join([roll], 'web-2')
  await run.said(/^\d\d:\d\d:\d\d +joined +web\/web-2 +http:\/\/10\.0\.0\.1:82$/m)
  await leave()
  await run.said(/suspected +web\/web-2 .* its connection is closed\n[^]*left +web\/web-2 /)
  run.kill('SIGINT')
  t.match(await run.ended, { code: 0, signal: null, stderr: '' })
})

t.test('one name alone, as JSON, until there were enough', async (t) => {
  const roll = await openRoll(t)
  await roll.add('answer|tcp://10.0.0.9:80')
  await untilReady(roll)
  const run = startCli(['watch', 'web', '--json', '--count', '2', '--daemon', roll.url])
  await run.said(/nobody is on the roll/)
  await join([roll], 'web-1')
  await join([roll], 'web-2')
  const { code, stdout } = await run.ended
  t.equal(code, 0)
  t.same(readLines(stdout), ['joined web-1', 'joined web-2'])
  t.match(JSON.parse(stdout.split('\n')[0] ?? ''), {
    type: 'joined',
    at: /^\d{4}-/,
    daemon: roll.url,
    instance: { service: 'web' },
  })
})

t.test('the next daemon is watched when one is lost: what was missed is told, and nothing twice', async (t) => {
  const [first, second] = await openTwo(t)
  const leave = await join([first, second], 'web-1')
  await join([first, second], 'web-2')
  const run = startCli(['watch', '--json', '--daemon', `${first.url},${second.url}`])
  await run.said(/"here".*web-2/)
  await first.daemon.close()
  await run.said(new RegExp(`${second.url} is watched now`))
  await leave()
  await run.said(/"left".*web-1/)
  await join([second], 'web-3')
  await run.said(/"joined".*web-3/)
  run.kill('SIGTERM')
  const { code, stdout } = await run.ended
  t.equal(code, 0)
  const lines = readLines(stdout)
  t.same(lines.slice(0, 2).toSorted(), ['here web-1', 'here web-2'])
  t.same(lines.slice(2), ['suspected web-1', 'left web-1', 'joined web-3'])
})

t.test('what happened while no daemon was there is told as soon as one is', async (t) => {
  const [first, second] = await openTwo(t)
  await join([first], 'web-1')
  await join([second], 'web-2')
  // The second daemon has somebody else, as after an hour without any.
  const run = startCli(['watch', '--json', '--daemon', `${first.url},${second.url}`])
  await run.said(/"here".*web-1/)
  await first.daemon.close()
  await run.said(/web-2/)
  run.kill('SIGTERM')
  t.same(readLines((await run.ended).stdout), ['here web-1', 'left web-1', 'joined web-2'])
})

t.test('too few changes in time, and no daemon at all, have exit codes of their own', async (t) => {
  const roll = await openRoll(t)
  await join([roll], 'web-1')
  await untilReady(roll)
  const env = { ROLLCALL_URL: roll.url }
  t.match(await runCli(['watch', '--timeout', '3s'], env), { code: 0, stdout: /here +web\/web-1/ })
  t.match(await runCli(['watch', '--timeout', '3s', '--count', '1'], env), { code: 5 })
  const away = await runCli(['watch', '--timeout', '500ms', '--daemon', await closedAddress()])
  t.match(away, { code: 4, stdout: '', stderr: /connection refused; trying again\n$/ })
  t.match(await runCli(['watch', 'a.b'], env), { code: 2, stderr: /a-b/ })
})

t.test('a token is shown, and its absence is told', async (t) => {
  const roll = await openRoll(t, { httpToken: 'a-token-of-the-fleet' })
  await join([roll], 'web-1')
  const shown = startCli(['watch', '--daemon', roll.url], { HTTP_TOKEN: 'a-token-of-the-fleet' })
  await shown.said(/web\/web-1/)
  shown.kill('SIGTERM')
  t.match(await shown.ended, { code: 0 })
  t.match(await runCli(['watch', '--timeout', '3s', '--daemon', roll.url]), { code: 4, stderr: /token/ })
})
