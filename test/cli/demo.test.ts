// `rollcall demo` without a terminal: the story as lines, and nothing left afterwards.

import { Resolver } from 'node:dns/promises'
import t from 'tap'
import { freePort } from './http-server.ts'
import { openRoll } from './open-roll.ts'
import { runCli, startCli } from './run-cli.ts'

async function demoPorts(): Promise<string[]> {
  return ['--port', await freePort(), '--http-port', await freePort()]
}

function processesIn(output: string): number[] {
  return [...output.matchAll(/started as process (\d+)/g)].map(([, pid]) => Number(pid))
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

async function untilGone(pids: readonly number[]): Promise<void> {
  if (!pids.some(isRunning)) return
  await new Promise((resolve) => setTimeout(resolve, 20))
  return untilGone(pids)
}

t.test('instances join, are killed, replaced and stopped, and the end leaves no process', async (t) => {
  const run = startCli(['demo', ...(await demoPorts()), '--pace', '500ms'])
  await run.said(/curl http:\/\/127\.0\.0\.1:\d+\/resolve\/answer/)
  for (const id of ['answer-1', 'answer-2', 'answer-3', 'web-1', 'web-2']) {
    await run.said(new RegExp(`${id} +is on the roll, at `))
  }
  await run.said(/(answer-\d) +killed[^]*\1 +is suspect[^]*\1 +is off the roll/)
  await run.said(/answer-4 +is on the roll/)
  await run.said(/(web-\d) +asked to stop[^]*\1 +is off the roll/)
  run.kill('SIGINT')
  const { code, stdout } = await run.ended
  t.equal(code, 0)
  t.match(stdout, /The demo is over/)
  t.same(processesIn(stdout).filter(isRunning), [])
})

t.test('what the demo prints to try works', async (t) => {
  const run = startCli(['demo', ...(await demoPorts()), '--pace', '1h'])
  const [, url = ''] = await run.said(/curl (http:\S+)\/resolve\/answer/)
  await run.said(/answer-\d +is on the roll/)
  await run.said(/web-\d +is on the roll/)
  const env = { ROLLCALL_URL: url }
  t.match(await runCli(['call', 'answer'], env), { code: 0, stdout: /The answer is 42/, stderr: /answer-\d said/ })
  t.match(await runCli(['call', 'web'], env), { code: 0, stderr: /web-\d said/ })
  const [, port = ''] = await run.said(/dig @127\.0\.0\.1 -p (\d+) answer\.service\.rollcall SRV/)
  const resolver = new Resolver()
  resolver.setServers([`127.0.0.1:${port}`])
  t.match(await resolver.resolveSrv('answer.service.rollcall'), [{ name: '127-0-0-1.addr.rollcall' }])
  run.kill('SIGTERM')
  t.match(await run.ended, { code: 0 })
})

t.test('--duration ends it, for scripts', async (t) => {
  const run = await runCli(['demo', ...(await demoPorts()), '--duration', '1500ms'])
  t.match(run, { code: 0, stderr: '', stdout: /The demo is over/ })
  t.same(processesIn(run.stdout).filter(isRunning), [])
})

t.test('when the demo itself is killed, so is everything that it started', async (t) => {
  const run = startCli(['demo', ...(await demoPorts()), '--pace', '1h'])
  await run.said(/answer-1 +is on the roll/)
  run.kill('SIGKILL')
  const { stdout } = await run.ended
  const pids = processesIn(stdout)
  t.equal(pids.length, 5)
  await untilGone(pids)
  t.same(pids.filter(isRunning), [])
})

t.test('a port that is taken is named with the option to change', async (t) => {
  const other = await openRoll(t)
  const [, port = '', , httpPort = ''] = await demoPorts()
  const httpTaken = new URL(other.url).port
  const spTaken = other.daemon.spAddress.replace(/^.*:/, '')
  t.match(await runCli(['demo', '--port', spTaken, '--http-port', httpPort]), {
    code: 1,
    stdout: '',
    stderr: `rollcall: port ${spTaken} is taken by another program: choose another with --port\n`,
  })
  t.match(await runCli(['demo', '--port', port, '--http-port', httpTaken]), { code: 1, stderr: /--http-port\n$/ })
})
