// The watcher on a real engine: an unchanged nginx, found by its labels alone.

import type { Container } from 'dockerode'
import type { Test } from 'tap'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import t from 'tap'
import { openDaemon } from '../../discovery/daemon.ts'
import { openDockerEngine } from '../../docker/watch/engine.ts'
import { openWatcher } from '../../docker/watch/watcher.ts'
import { speak } from '../../messaging/index.ts'
import { systemClock } from '../../messaging/sp/clock.ts'
import { findFreePort } from '../fixtures/free-port.ts'
import { buildImage, openNetwork, run } from './containers.ts'
import { addressOf, execute, findMissingTool } from './fleet.ts'
import { readInstances, until, untilAlive, untilCount } from './roll.ts'
import { images, provideImages } from './stand-ins.ts'
import Docker from 'dockerode'

const missing = await findMissingTool()
if (missing === undefined) {
  await provideImages()
  testLabels()
  testProxy()
} else t.plan(0, missing)

async function readLog(container: Container): Promise<string> {
  return String(await container.logs({ stdout: true, stderr: true }))
}

function testLabels(): void {
  t.test(
    'an unchanged nginx is on the roll by its labels, is fetched from another container, and leaves with its end',
    async (t) => {
      await buildImage()
      const network = await openNetwork(t, 'watch')
      const daemon = await run(t, network, { Image: 'rollcall', Cmd: ['rollcall', 'daemon'] }, 'discovery')
      const watcher = await run(t, network, {
        Image: 'rollcall',
        Cmd: ['rollcall', 'watch-docker'],
        User: '0',
        Env: ['DISCOVERY_HOST=discovery'],
        Healthcheck: { Test: ['NONE'] },
        HostConfig: { Binds: ['/var/run/docker.sock:/var/run/docker.sock:ro'] },
      })
      const url = `http://${addressOf(await daemon.inspect(), network)}:8500`
      const labels = {
        'rollcall.service': 'shop',
        'rollcall.protocol': 'http',
        'rollcall.check.http': '/',
        'rollcall.check.interval': '500ms',
      }
      const nginx = await run(t, network, { Image: images.nginx, Labels: labels })
      await untilCount(url, 'shop', 1)
      const [found] = await readInstances(url, 'shop')
      const address = addressOf(await nginx.inspect(), network)
      t.equal(found?.address, `http://${address}:80`)
      const resolve = async () => {
        const response = await fetch(`${url}/resolve/shop`)
        await response.body?.cancel()
        return response.status
      }
      await until('shop to pass its check', resolve, (status) => status === 200)
      const script = `fetch('${found?.address}').then((response) => response.text()).then(console.log)`
      t.match(await execute(daemon, ['node', '-e', script]), { exitCode: 0, stdout: /nginx/ })

      await t.test('a pause makes it critical', async () => {
        await nginx.pause()
        await until('shop to be critical', resolve, (status) => status === 503)
        await nginx.unpause()
        await until('shop to be back', resolve, (status) => status === 200)
      })

      await t.test('labels that make no sense are refused one by one, by the name of their container', async (t) => {
        const name = `shop-wrong-${process.pid}`
        const wrong = {
          'rollcall.8080.service': 'side',
          'rollcall.8080.check.tcp': 'yes',
          'rollcall.8080.check.interval': 'soon',
          'rollcall.9090.service': 'no.dots',
          'rollcall.9091.service': 'heavy',
          'rollcall.9091.weight': 'much',
          'rollcall.prot': 'http',
        }
        const container = await run(t, network, { Image: images.nginx, Labels: wrong, name })
        await untilCount(url, 'side', 1)
        const reasons = [
          /rollcall\.prot is unknown/,
          /rollcall\.8080\.check\.interval is .*soon/,
          /port 9090: .*no-dots/,
          /port 9091: .*weight/,
        ]
        await until(
          'the watcher to tell each of them, with the name',
          async () => (await readLog(watcher)).split('\n').filter((line) => line.includes(name)),
          (told) => reasons.every((reason) => told.filter((line) => reason.test(line)).length === 1),
        )
        await untilCount(url, 'heavy', 0)
        await container.stop({ t: 0 })
        await untilCount(url, 'side', 0)
      })

      await t.test('and it is gone when it is killed', async () => {
        await nginx.kill()
        await until('shop to be unknown', resolve, (status) => status === 404)
      })
    },
  )
}

function testProxy(): void {
  t.test(
    'through a proxy that lets four paths through; while the engine is away its containers are suspects, and nothing more',
    async (t) => {
      const network = await openNetwork(t, 'proxy')
      const proxy = await openSocketProxy(t)
      const daemon = await openDaemon({
        host: '127.0.0.1',
        port: 0,
        httpHost: '127.0.0.1',
        httpPort: 0,
        warmupMs: 0,
        misses: 1_000,
      })
      t.teardown(() => daemon.close())
      const log = { debug() {}, info() {}, warn() {} }
      const speaking = await speak({ by: 'watcher', discovery: [daemon.spAddress], isKnowing: () => watcher.isKnowing })
      const engine = openDockerEngine(new Docker({ host: '127.0.0.1', port: proxy.port }))
      const watcher = openWatcher({ engine, speaking, clock: systemClock, log, zone: '', ownContainer: undefined })
      t.teardown(async () => {
        await watcher.close()
        await speaking.close()
      })
      const name = `proxied-${process.pid}`
      await run(t, network, { Image: images.nginx, Labels: { 'rollcall.service': name } })
      await untilCount(daemon.httpUrl, name, 1)
      const [one] = await readInstances(daemon.httpUrl, name)
      t.same(proxy.refused, [], 'it asks for nothing else')

      await proxy.cut()
      await until(
        'its containers to be suspects',
        () => readInstances(daemon.httpUrl, name),
        ([instance]) => instance?.state === 'suspect',
      )
      await run(t, network, { Image: images.nginx, Labels: { 'rollcall.service': `${name}-b` } })
      await proxy.restore()
      await untilAlive(daemon.httpUrl, name, [one?.id ?? ''])
      await untilCount(daemon.httpUrl, `${name}-b`, 1)
    },
  )
}

/** In front of the engine's socket, as people put one there: GET alone, and what the watcher says that it reads. */
async function openSocketProxy(t: Test) {
  const refused: string[] = []
  const server = createServer((asked, response) => {
    const path = asked.url ?? ''
    if (
      asked.method !== 'GET' ||
      !/^(?:\/v[\d.]+)?\/(?:info|containers\/json|containers\/[^/]+\/json|events)(?:\?|$)/.test(path)
    ) {
      refused.push(`${asked.method} ${path}`)
      response.writeHead(403).end()
      return
    }
    const forwarded = request({ socketPath: '/var/run/docker.sock', path, headers: asked.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => response.destroy()).pipe(response)
    })
    forwarded.on('error', () => response.destroy())
    response.on('close', () => forwarded.destroy())
    forwarded.end()
  })
  const close = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  // It is listened on twice, and nobody may take it in between.
  const port = await findFreePort()
  const listen = async () => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen()
  t.teardown(() => (server.listening ? close() : undefined))
  return { port, refused, cut: close, restore: listen }
}
