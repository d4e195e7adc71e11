// Systems that come as images: whatever is in the way of one is told of at once, and what was started is ended. The engine is a script here.

import type { Test } from 'tap'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { MissingPeer } from './peers/messaging/peer.ts'
import { startComposed } from './peers/composed.ts'

interface Fake {
  readonly docker: string
  /** What it was asked for. */
  readonly calls: () => Promise<string>
}

/** `answers`: lines of a shell's `case` over all arguments. */
async function makeDocker(test: Test, answers: string): Promise<Fake> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-docker-'))
  test.teardown(() => rm(folder, { recursive: true }))
  const [docker, log] = [join(folder, 'docker'), join(folder, 'log')]
  await writeFile(log, '')
  await writeFile(docker, `#!/bin/sh\necho "$PORT: $*" >>${log}\ncase "$*" in\n${answers}\nesac\n`)
  await chmod(docker, 0o755)
  return { docker, calls: () => readFile(log, 'utf8') }
}

const needs = () => {}
const image = '*config*) echo maker/kafka:1 ;;'

t.test('without an engine, or a registry, it is not measured, and why is told', async (t) => {
  const start = (docker: string) => startComposed({ name: 'kafka', port: 1, needs, docker })
  await t.rejects(start('/nowhere/docker'), { message: /not measured here: .*no Docker engine answers.*ENOENT/ })
  const down = await makeDocker(t, `version*) echo 'Cannot connect to the Docker daemon' >&2; exit 1 ;;`)
  await t.rejects(start(down.docker), { message: /no Docker engine answers \(Cannot connect/ })
  const alone = await makeDocker(
    t,
    `${image}\nimage*) exit 1 ;;\npull*) echo 'lookup registry: no such host' >&2; exit 1 ;;`,
  )
  await t.rejects(start(alone.docker), { message: /maker\/kafka:1 cannot be pulled \(lookup registry: no such host\)/ })
  t.ok((await start(alone.docker).catch((error: unknown) => error)) instanceof MissingPeer)
})

t.test('nothing is pulled for a client that is not there', async (t) => {
  const { docker, calls } = await makeDocker(t, `${image}\nimage*) exit 1 ;;`)
  const lacking = () => {
    throw new MissingPeer('npm install its client')
  }
  await t.rejects(startComposed({ name: 'nsq', port: 1, needs: lacking, docker }), {
    message: 'npm install its client',
  })
  t.notMatch(await calls(), /pull/)
})

t.test('what is up is there once it listens, and is taken down in the end', async (t) => {
  const server = createServer((socket) => void socket.resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = Object(server.address())
  const { docker, calls } = await makeDocker(t, image)
  const composed = await startComposed({ name: 'kafka', port, needs, docker })
  t.equal(composed.image, 'maker/kafka:1')
  t.match(await calls(), new RegExp(`${port}: compose .*kafka.compose.yaml up --detach`))
  t.notMatch(await calls(), /down/)
  await composed.close()
  t.match(await calls(), new RegExp(`${port}: compose .*kafka.compose.yaml down --volumes`))
})

t.test('what does not start is taken down, too', async (t) => {
  const { docker, calls } = await makeDocker(t, `${image}\n*up*) echo 'no room' >&2; exit 1 ;;`)
  await t.rejects(startComposed({ name: 'nsq', port: 1, needs, docker }), {
    message: 'maker/kafka:1 did not start: no room',
  })
  t.match(await calls(), /down/)
})
