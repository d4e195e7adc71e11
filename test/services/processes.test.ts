// The sample services as the processes that they are, from dist/, on loopback, against a daemon's two sockets: a surveyor
// and a replier for hints.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { AnswerLine } from '../../messaging/roll/answer.ts'
import { readAnswer } from '../../messaging/roll/answer.ts'
import type { Pipe } from '../../messaging/sp/index.ts'
import { createSpEngine } from '../../messaging/sp/index.ts'
import { findFreePort } from '../fixtures/free-port.ts'

type Test = Pick<typeof t, 'teardown'>

const root = new URL('../../', import.meta.url)

/** Asks each pipe when it comes and when it hints, as the daemon does, and hands out what it hears. */
async function openDaemon(t: Test) {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const heard: { readonly pipe: Pipe; readonly lines: readonly AnswerLine[] }[] = []
  const waiting: (() => void)[] = []
  const detached = new Set<Pipe>()
  const changed = () => waiting.splice(0).forEach((wake) => wake())
  const ask = (pipe?: Pipe, deadlineMs = 60_000) =>
    surveyor.survey(Buffer.from('service query'), {
      deadlineMs,
      ...(pipe && { pipe }),
      onAnswer(answer) {
        if (answer.pipe) heard.push({ pipe: answer.pipe, lines: readAnswer(answer.body).lines })
        changed()
      },
    })
  const surveyor = engine.createSurveyor({
    onAttach: (pipe) => void ask(pipe),
    onDetach(pipe) {
      detached.add(pipe)
      changed()
    },
  })
  const replier = engine.createReplier(() => {
    ask()
    return Buffer.from('ok')
  })
  const listener = await engine.listen('tcp://127.0.0.1:0', [surveyor, replier])
  /** Waits until something that was heard, or went away, is as `find` wants it. */
  async function until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      await new Promise<void>((wake) => waiting.push(wake))
    }
  }
  return {
    engine,
    port: listener.address.split(':').at(-1) ?? '',
    line: () => until(() => heard.find(({ lines }) => lines.length > 0)?.lines[0]),
    /** Told with an empty answer; or, where this process was asleep for 200 ms meanwhile, by going away. */
    leave: () => until(() => (detached.size > 0 || heard.some(({ lines }) => lines.length === 0) ? true : undefined)),
    detach: () => until(() => (detached.size > 0 ? detached : undefined)),
    ask,
    heard,
  }
}

function start(t: Test, name: string, env: Readonly<Record<string, string>>) {
  const path = fileURLToPath(new URL(`dist/services/${name}/main.js`, root))
  const child = spawn(process.execPath, [path], {
    env: { PATH: process.env['PATH'], DISCOVERY_HOST: '127.0.0.1', SERVICE_NAME: name, LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended = once(child, 'close').then(([code]: unknown[]) => ({ code, output, errors }))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, ended }
}

async function takePort(t: Test): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

t.test('answer is on the roll, says that the answer is 42, and leaves before it stops', async (t) => {
  const daemon = await openDaemon(t)
  const service = start(t, 'answer', {
    DISCOVERY_PORT: daemon.port,
    SERVICE_HOST: '127.0.0.1',
    SERVICE_PORT: '0',
    SERVICE_ID: 'answer-1',
  })
  const { provider } = await daemon.line()
  t.match(provider, { service: 'answer', id: 'answer-1', protocol: 'tcp', host: '127.0.0.1' })

  const requester = daemon.engine.createRequester()
  daemon.engine.dial(`tcp://127.0.0.1:${provider.port}`, requester)
  const reply = await requester.request(Buffer.from('what is it?'), { timeoutMs: 60_000 })
  t.equal(reply.toString(), 'The answer is 42')

  service.child.kill('SIGTERM')
  await daemon.leave()
  await daemon.detach()
  const { code, output } = await service.ended
  t.equal(code, 0)
  t.match(output, /Request: what is it\?/)
})

t.test('web answers HTTP, and ends in order', async (t) => {
  const daemon = await openDaemon(t)
  const service = start(t, 'web', { DISCOVERY_PORT: daemon.port, SERVICE_PORT: '0', SERVICE_ID: 'web-1' })
  const { provider } = await daemon.line()
  t.match(provider, { service: 'web', protocol: 'http', host: '127.0.0.1' })
  const url = `http://127.0.0.1:${provider.port}`
  t.match(await (await fetch(url)).json(), { service: 'web', id: 'web-1', answer: 'The answer is 42' })
  t.match(await (await fetch(`${url}/health`)).json(), { status: 'ok', daemons: 1 })

  service.child.kill('SIGTERM')
  await daemon.leave()
  t.equal((await service.ended).code, 0)
})

t.test('a request in flight at SIGTERM is finished, when nobody else is let in any more', async (t) => {
  const daemon = await openDaemon(t)
  const service = start(t, 'web', { DISCOVERY_PORT: daemon.port, SERVICE_PORT: '0' })
  const { provider } = await daemon.line()
  const inflight = connect(provider.port, '127.0.0.1')
  t.teardown(() => inflight.destroy())
  let reply = ''
  inflight.setEncoding('utf8').on('data', (text: string) => (reply += text))
  inflight.write('GET / HTTP/1.1\r\nHost: web\r\n')

  service.child.kill('SIGTERM')
  await daemon.detach()
  while (await canConnect(provider.port)) continue
  t.equal(service.child.exitCode, null)
  inflight.write('Connection: close\r\n\r\n')
  t.equal((await service.ended).code, 0)
  t.match(reply, /^HTTP\/1\.1 200 OK.*The answer is 42/s)
})

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

t.test('web tells how many requests are in flight', async (t) => {
  const daemon = await openDaemon(t)
  start(t, 'web', { DISCOVERY_PORT: daemon.port, SERVICE_PORT: '0' })
  t.match((await daemon.line()).dynamic, { inflight: 0 })
})

t.test('a service that cannot start says why in one line, and exits with 1', async (t) => {
  const port = String(await takePort(t))
  for (const name of ['answer', 'web']) {
    const taken = await start(t, name, { SERVICE_HOST: '127.0.0.1', SERVICE_PORT: port }).ended
    t.match(taken, {
      code: 1,
      errors: `${name}: port ${port} is in use by another program; set SERVICE_PORT to a free port\n`,
    })
    const wrong = await start(t, name, { SERVICE_NAME: 'a.b', ROLLCALL_KEY: 'sesame' }).ended
    t.equal(wrong.code, 1)
    t.match(
      wrong.errors,
      new RegExp(`^${name}: SERVICE_NAME: .*use "a-b".*ROLLCALL_KEY: found a value that is not printed[^\n]*\n$`),
    )
    t.notMatch(wrong.errors, /sesame/)
  }
})

t.test('classic is under 60 lines and imports nothing of ours', async (t) => {
  const text = await readFile(new URL('services/classic/main.ts', root), 'utf8')
  t.ok(text.trimEnd().split('\n').length < 60)
  const imports = [...text.matchAll(/(?:from|import|\)\()\s*\(?'([^']+)'/g)].map(([, from]) => from)
  t.same(
    imports.toSorted((left = '', right = '') => left.localeCompare(right)),
    ['nanomsg', 'node:dns/promises', 'node:module', 'node:os'],
  )
})

t.test('classic is on the roll and says that the answer is 42, again and again', async (t) => {
  const daemon = await openDaemon(t)
  // Npm nanomsg cannot tell the port that it was given for 0.
  const port = String(await findFreePort())
  const service = start(t, 'classic', { DISCOVERY_PORT: daemon.port, SERVICE_HOST: '127.0.0.1', SERVICE_PORT: port })
  t.match((await daemon.line()).provider, {
    service: 'classic',
    protocol: 'tcp',
    host: '127.0.0.1',
    port: Number(port),
  })
  const requester = daemon.engine.createRequester()
  daemon.engine.dial(`tcp://127.0.0.1:${port}`, requester)
  for (let call = 0; call < 3; call += 1) {
    const reply = await requester.request(Buffer.from('?'), { timeoutMs: 60_000 })
    t.equal(reply.toString(), 'The answer is 42')
  }
  service.child.kill('SIGTERM')
  t.equal((await service.ended).code, 0)
})

t.test('classic survives a pause during which several surveys were asked', async (t) => {
  const daemon = await openDaemon(t)
  const service = start(t, 'classic', { DISCOVERY_PORT: daemon.port, SERVICE_PORT: String(await findFreePort()) })
  await daemon.line()
  service.child.kill('SIGSTOP')
  const paused = [1, 2, 3].map(() => daemon.ask(undefined, 500))
  service.child.kill('SIGCONT')
  await Promise.all(paused.map(({ outcome }) => outcome))
  // One that left three questions open is asked less often.
  while ((await daemon.ask(undefined, 2_000).outcome).answered === 0) await new Promise(setImmediate)
  t.equal(service.child.exitCode, null)
})
