// `rollcall agent` around real programs.

import t from 'tap'
import { findFreePort } from '../bench/free-port.ts'
import { openRoll } from './open-roll.ts'
import { runCli, startCli } from './run-cli.ts'

/** Listens on the port given, says so, and ends with 7 when it is told to. */
const program = `
  require('node:http').createServer((_, response) => response.end('hello')).listen(process.argv[1], '127.0.0.1')
  process.on('SIGTERM', () => { console.log('told to end'); process.exit(7) })
  process.on('SIGUSR2', () => console.log('told something'))
`

t.test('a program that knows nothing of the roll is on it, and off it before it is told to end', async (t) => {
  const { daemon } = await openRoll(t)
  const port = await findFreePort()
  const env = {
    DISCOVERY_HOST: daemon.spAddress.replace('tcp://', ''),
    SERVICE_NAME: 'plain',
    SERVICE_PORT: String(port),
    SERVICE_CHECK_HTTP: '/',
    LOG_FORMAT: 'line',
  }
  const changes: string[] = []
  const left = new Promise<void>((resolve) => {
    daemon.reader.changes.subscribe(({ type }) => {
      changes.push(type)
      if (type === 'left') resolve()
    })
  })
  const agent = startCli(['agent', '--', process.execPath, '-e', program, String(port)], env)
  await agent.said(/on the roll/)
  agent.kill('SIGUSR2')
  await agent.said(/told something/)
  agent.kill('SIGTERM')
  await left
  const { code, stdout } = await agent.ended
  t.equal(code, 7)
  t.ok(stdout.indexOf('left the roll') < stdout.indexOf('told to end'))
  t.same([changes[0], changes.at(-1)], ['joined', 'left'])
})

t.test('what is wrong is said before anything is started', async (t) => {
  const env = { DISCOVERY_HOST: 'discovery', SERVICE_NAME: 'plain', SERVICE_CHECK_INTERVAL: '10' }
  const { code, stderr, stdout } = await runCli(['agent', '--', 'echo', 'started'], env)
  t.equal(code, 1)
  t.match(stderr, /SERVICE_PORT: not set.*SERVICE_CHECK_INTERVAL: found "10"/)
  t.equal(stdout, '')
  const unknown = await runCli(['agent', '--', '/no/such/program'], {
    DISCOVERY_HOST: '127.0.0.1',
    SERVICE_NAME: 'plain',
    SERVICE_PORT: '9',
  })
  t.equal(unknown.code, 127)
  t.match(unknown.stderr, /there is no such program/)
})
