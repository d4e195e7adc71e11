import type { Test } from 'tap'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { Server } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import { createHttpProbe, createTcpProbe } from '../../../messaging/roll/probe.ts'

async function listen(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => void server.close())
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

const never = new AbortController().signal

t.test('HTTP: 2xx is passing, 429 a warning, anything else is told', async (t) => {
  const server = createHttpServer((request, response) => response.writeHead(Number(request.url?.slice(1))).end('hello'))
  const port = await listen(t, server)
  const ask = (status: number) => createHttpProbe(`http://127.0.0.1:${port}/${status}`)(never)
  t.equal(await ask(200), 'passing')
  t.equal(await ask(204), 'passing')
  t.equal(await ask(429), 'warning')
  await t.rejects(ask(503), { message: `http://127.0.0.1:${port}/503 answered 503` })
  await t.rejects(ask(302), /answered 302/)
})

t.test('HTTP: a body without an end is not waited for', async (t) => {
  const server = createHttpServer((_request, response) => void response.writeHead(200).write('and so on'))
  const port = await listen(t, server)
  t.equal(await createHttpProbe(`http://127.0.0.1:${port}/`)(never), 'passing')
})

t.test('a server that says nothing is left when the signal says so', async (t) => {
  const server = createServer((socket) => socket.on('error', () => {}))
  const port = await listen(t, server)
  const hangs = createHttpProbe(`http://127.0.0.1:${port}/`)
  await t.rejects(hangs(AbortSignal.timeout(20)))
})

t.test('TCP: whoever accepts is passing, and who refuses is named', async (t) => {
  const server = createServer((socket) => socket.on('error', () => {}))
  const port = await listen(t, server)
  t.equal(await createTcpProbe({ host: '127.0.0.1', port })(never), 'passing')
  server.close()
  await once(server, 'close')
  const refused = createTcpProbe({ host: '127.0.0.1', port })(never)
  await t.rejects(refused, { message: new RegExp(`^no connection to 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`) })
})
