// The agent as PID 1 of a container, around a program that leaves children behind.

import t from 'tap'
import { buildImage, openNetwork, run } from './containers.ts'
import { addressOf, execute, findMissingTool } from './fleet.ts'
import { until, untilCount } from './roll.ts'

/** Listens, and leaves a child behind that ends with nobody of its own to take note. */
const program = `
  const { spawn } = require('node:child_process')
  require('node:http').createServer((_, response) => response.end('hello')).listen(8080)
  spawn('sh', ['-c', 'sleep 0.2 & exit 0'])
  process.on('SIGTERM', () => process.exit(7))
`
/** The states of all processes of the container, as in /proc/PID/stat. */
const states = `cat /proc/[0-9]*/stat | sed 's/.*) //' | cut -c1`

const missing = await findMissingTool()
if (missing === undefined) testAgent()
else t.plan(0, missing)

function testAgent(): void {
  t.test('a program under the agent is on the roll, leaves no zombies, and ends in order', async (t) => {
    await buildImage()
    const network = await openNetwork(t, 'agent')
    const daemon = await run(t, network, { Image: 'rollcall', Cmd: ['rollcall', 'daemon'] }, 'discovery')
    const url = `http://${addressOf(await daemon.inspect(), network)}:8500`
    const container = await run(t, network, {
      Image: 'rollcall',
      Cmd: ['rollcall', 'agent', '--', 'node', '-e', program],
      Env: ['DISCOVERY_HOST=discovery', 'SERVICE_NAME=plain', 'SERVICE_PORT=8080', 'SERVICE_PROTOCOL=http'],
      Healthcheck: { Test: ['NONE'] },
    })
    await untilCount(url, 'plain', 1)
    const resolved: unknown = await (await fetch(`${url}/resolve/plain`)).json()
    const address = addressOf(await container.inspect(), network)
    t.match(resolved, { address: `http://${address}:8080`, status: 'passing' })
    const script = `fetch('http://${address}:8080').then((response) => response.text()).then(console.log)`
    t.match(await execute(daemon, ['node', '-e', script]), { exitCode: 0, stdout: /hello/ })
    const readStates = async () => (await execute(container, ['sh', '-c', states])).stdout.trim().split(/\s+/)
    await until('no zombie to be left', readStates, (found) => found.length > 2 && !found.includes('Z'))

    await container.kill({ signal: 'SIGTERM' })
    const { StatusCode } = await container.wait()
    t.equal(StatusCode, 7)
    await untilCount(url, 'plain', 0)
  })
}
