// The agent as PID 1 of a container: in the image of ours, and copied from its own image into others, with Node and without.

import type { Container } from 'dockerode'
import type { Test } from 'tap'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { buildAgent, buildFrom, buildImage, openNetwork, run } from './containers.ts'
import { addressOf, docker, execute, findMissingTool } from './fleet.ts'
import { until, untilCount } from './roll.ts'
import { buildStandIn, provideImages } from './stand-ins.ts'

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
if (missing === undefined) {
  testOwnImage()
  testCopied()
  testBesideNode()
  testBare()
} else t.plan(0, missing)

function testOwnImage(): void {
  t.test('a program under the agent is on the roll, leaves no zombies, and ends in order', async (t) => {
    const { network, daemon, url, resolve } = await openDaemonOn(t, 'agent')
    const container = await run(t, network, {
      Image: 'rollcall',
      Cmd: ['rollcall', 'agent', '--', 'node', '-e', program],
      Env: ['DISCOVERY_HOST=discovery', 'SERVICE_NAME=plain', 'SERVICE_PORT=8080', 'SERVICE_PROTOCOL=http'],
      Healthcheck: { Test: ['NONE'] },
    })
    await untilCount(url, 'plain', 1)
    const address = addressOf(await container.inspect(), network)
    t.match(await (await resolve('plain')).json(), { address: `http://${address}:8080`, status: 'passing' })
    const script = `fetch('http://${address}:8080').then((response) => response.text()).then(console.log)`
    t.match(await execute(daemon, ['node', '-e', script]), { exitCode: 0, stdout: /hello/ })
    await untilNoZombie(container)

    await container.kill({ signal: 'SIGTERM' })
    const { StatusCode } = await container.wait()
    t.equal(StatusCode, 7)
    await untilCount(url, 'plain', 0)
  })
}

function testCopied(): void {
  t.test('copied into an image without Node by the lines of the README', async (t) => {
    await provideImages()
    await buildAgent()
    const image = await buildFrom(t, readDockerfile('redis'), 'redis')
    const { network, daemon, url, resolve } = await openDaemonOn(t, 'copied')
    const start = (service: string, port: number, more: readonly string[] = []) =>
      run(t, network, {
        Image: image,
        Env: ['DISCOVERY_HOST=discovery', `SERVICE_NAME=${service}`, `SERVICE_PORT=${port}`, ...more],
      })

    await t.test('its program is on the roll, and ends with its own code when it is told to', async (t) => {
      const container = await start('told', 6379)
      await untilCount(url, 'told', 1)
      t.not((await execute(container, ['sh', '-c', 'command -v node'])).exitCode, 0, 'no Node')
      const { host } = Object(await (await resolve('told')).json())
      const script = `require('node:net').connect(6379, '${host}').end('PING\\r\\n').pipe(process.stdout)`
      t.equal((await execute(daemon, ['node', '-e', script])).stdout, '+PONG\r\n')
      await container.kill({ signal: 'SIGTERM' })
      t.equal((await container.wait()).StatusCode, 0)
      await untilCount(url, 'told', 0)
    })

    await t.test('one that hangs is critical; told to end it does not, and is killed', async (t) => {
      const check = ['SERVICE_CHECK_COMMAND=redis-cli ping', 'SERVICE_CHECK_INTERVAL=250ms', 'SERVICE_CHECK_TIMEOUT=2s']
      const container = await start('hangs', 6379, [...check, 'SERVICE_CHECK_FALL=1', 'SERVICE_GRACE=500'])
      const isHandedOut = async () => (await resolve('hangs')).status
      const signal = (name: string) => execute(container, ['sh', '-c', `kill -${name} $(pidof redis-server)`])
      await until('it to be handed out', isHandedOut, (status) => status === 200)
      await signal('STOP')
      await until('it to be critical', isHandedOut, (status) => status === 503)
      await signal('CONT')
      await until('it to be handed out again', isHandedOut, (status) => status === 200)
      await signal('STOP')
      await container.kill({ signal: 'SIGTERM' })
      t.equal((await container.wait()).StatusCode, 137)
      await untilCount(url, 'hangs', 0)
    })

    await t.test('one that never opens its port is never on the roll, and is told of', async (t) => {
      const container = await start('closed', 6380)
      const log = await until(
        'the agent to tell',
        () => readLog(container),
        (text) => text.includes('not on the roll yet'),
      )
      t.match(log, /ECONNREFUSED/)
      t.equal((await resolve('closed')).status, 404)
      await container.kill({ signal: 'SIGTERM' })
      t.equal((await container.wait()).StatusCode, 0)
    })
  })
}

function testBesideNode(): void {
  t.test('copied into an image with Node by the lines of the README', async (t) => {
    await buildAgent()
    const image = await buildFrom(t, readDockerfile('node'), 'node')
    const { network, url } = await openDaemonOn(t, 'beside')
    const container = await run(t, network, {
      Image: image,
      Cmd: ['-e', program],
      Env: ['DISCOVERY_HOST=discovery', 'SERVICE_NAME=beside', 'SERVICE_PORT=8080'],
    })
    await untilCount(url, 'beside', 1)
    t.not((await execute(container, ['test', '-e', '/rollcall/node'])).exitCode, 0, 'no Node of ours')
    await untilNoZombie(container)
    await container.kill({ signal: 'SIGTERM' })
    t.equal((await container.wait()).StatusCode, 7)
    await untilCount(url, 'beside', 0)
  })
}

function testBare(): void {
  t.test('copied into an image with one program and nothing else', async (t) => {
    await buildAgent()
    const bare = `rollcall-e2e-bare-${process.pid}`
    await buildStandIn('bare', bare)
    t.teardown(() => docker.getImage(bare).remove())
    const copy = 'COPY --from=rollcall-agent /rollcall /rollcall\nENTRYPOINT ["/rollcall/agent", "--"]\n'
    const image = await buildFrom(t, `FROM ${bare}\n${copy}`, 'copied-bare')
    const { network, daemon, url } = await openDaemonOn(t, 'bare')
    const busybox = '/bin/busybox'
    const script = `(${busybox} sleep 0.2 &); ${busybox} httpd -p 8080; while ${busybox} sleep 0.1; do [ -e /end ] && exit 3; done`
    const container = await run(t, network, {
      Image: image,
      Cmd: [busybox, 'sh', '-c', script],
      Env: ['DISCOVERY_HOST=discovery', 'SERVICE_NAME=bare', 'SERVICE_PORT=8080'],
    })
    await untilCount(url, 'bare', 1)
    const address = addressOf(await container.inspect(), network)
    const asked = `fetch('http://${address}:8080').then(({ status }) => console.log(status))`
    t.equal((await execute(daemon, ['node', '-e', asked])).stdout.trim(), '404')
    await untilNoZombie(container, [
      busybox,
      'sh',
      '-c',
      `cd /proc; ${busybox} cat [0-9]*/stat | ${busybox} sed 's/.*) //' | ${busybox} cut -c1`,
    ])
    await execute(container, [busybox, 'touch', '/end'])
    t.equal((await container.wait()).StatusCode, 3)
    await untilCount(url, 'bare', 0)
  })
}

/** That of the README's which begins with this image. */
function readDockerfile(base: string): string {
  const blocks = readFileSync('README.md', 'utf8').matchAll(/```dockerfile\n([^]*?)```/g)
  const dockerfile = [...blocks].map(([, text = '']) => text).find((text) => text.startsWith(`FROM ${base}:`))
  if (dockerfile === undefined) throw new Error(`the README puts no agent into an image from ${base}`)
  return dockerfile
}

async function openDaemonOn(t: Test, name: string) {
  await buildImage()
  const network = await openNetwork(t, name)
  const daemon = await run(t, network, { Image: 'rollcall', Cmd: ['rollcall', 'daemon'] }, 'discovery')
  const url = `http://${addressOf(await daemon.inspect(), network)}:8500`
  return { network, daemon, url, resolve: (service: string) => fetch(`${url}/resolve/${service}`) }
}

async function readLog(container: Container): Promise<string> {
  return String(await container.logs({ stdout: true, stderr: true }))
}

async function untilNoZombie(container: Container, command: readonly string[] = ['sh', '-c', states]): Promise<void> {
  const readStates = async () => (await execute(container, command)).stdout.trim().split(/\s+/)
  await until('no zombie to be left', readStates, (found) => found.length > 2 && !found.includes('Z'))
}
