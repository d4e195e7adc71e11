// The fleet as a stack of Swarm, by the commands of docker/README.md, as far as the client of Docker goes without a swarm.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { z } from 'zod'
import { findMissingTool } from './fleet.ts'

const run = promisify(execFile)

const stack = z.object({
  services: z.record(
    z.string(),
    z.object({
      environment: z.record(z.string(), z.string()).default({}),
      secrets: z.array(z.object({ source: z.string(), uid: z.string(), mode: z.number() })).default([]),
      ports: z.array(z.unknown()).default([]),
    }),
  ),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
})

/** The line of README.md that begins so. */
function findCommand(start: string): string {
  const found = readFileSync('docker/README.md', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(start))
  if (found === undefined) throw new Error(`docker/README.md has no command ${start}`)
  return found
}

const missing = await findMissingTool()
if (missing === undefined) testStack()
else t.plan(0, missing)

function testStack(): void {
  t.test('the client takes what Compose writes out, and gets as far as the engine', async (t) => {
    const keys = await mkdtemp(join(tmpdir(), 'rollcall-stack-'))
    t.teardown(() => rm(keys, { recursive: true }))
    const written = join(keys, 'stack.yaml')
    // Nobody listens there.
    const env = { ...process.env, ROLLCALL_KEYS: keys, DOCKER_HOST: 'tcp://127.0.0.1:1' }
    const sh = (command: string) => run('sh', ['-c', command], { env })
    await sh(findCommand('docker compose -f').replace('>stack.yaml', `>${written}`))
    const { services, secrets } = stack.parse(parse(await readFile(written, 'utf8')))

    await t.test('every key is a secret, for its holder alone', async (t) => {
      for (const [name, service] of Object.entries(services)) {
        const keyring = service.environment['ROLLCALL_KEYRING']
        const sources = service.secrets.map(({ source }) => source)
        t.strictSame(sources, keyring === undefined ? [] : [keyring.replace('/run/secrets/', '')], name)
        for (const secret of service.secrets) t.match(secret, { uid: '1000', mode: 0o400 })
        for (const source of sources) t.equal(secrets[source]?.file, join(keys, source, 'keyring'))
      }
      t.ok(services['client'])
      t.notOk(services['keys'])
    })

    await t.test('nothing is published on every address of a node', async (t) => {
      for (const [name, { ports }] of Object.entries(services)) t.strictSame(ports, [], name)
    })

    const deploy = findCommand('docker stack deploy').replace('stack.yaml', written)
    await t.rejects(sh(deploy), /Ignoring unsupported options.*Cannot connect to the Docker daemon/s)
  })
}
