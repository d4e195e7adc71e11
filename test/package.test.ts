// What is published, as those who install it find it: packed, unpacked into an empty folder beside what it depends on, and used from
// there by programs of both kinds. The samples of the README are checked against it.

import type { Test } from 'tap'
import t from 'tap'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { openDaemon } from '../discovery/daemon.ts'
import { join as joinRoll } from '../messaging/index.ts'

const run = promisify(execFile)
const inRepository = (name: string) => resolve('node_modules', name)
const program = (name: string) => inRepository(`.bin/${name}`)

/** A folder with the package and its dependencies, and nothing else of ours. */
async function install(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-package-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder])
  const { version, dependencies } = Object(JSON.parse(readFileSync('package.json', 'utf8')))
  const tarball = join(folder, `rollcall-${version}.tgz`)
  const installed = join(folder, 'node_modules', 'rollcall')
  const link = (name: string) => {
    const at = join(folder, 'node_modules', name)
    mkdirSync(dirname(at), { recursive: true })
    symlinkSync(inRepository(name), at)
  }
  mkdirSync(installed, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])
  for (const name of Object.keys(dependencies)) link(name)
  link('@types/node')
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  return { folder, tarball, write }
}

// A compiler and a linter, each in a process of its own.
t.setTimeout(300_000)
const { folder, tarball, write } = await install(t)

/** The samples of the README that use the package. */
const samples = [...readFileSync('README.md', 'utf8').matchAll(/^```ts\n([^]*?)^```/gm)]
  .map((match) => match[1] ?? '')
  .filter((text) => text.includes("from 'rollcall'"))

const names = ['RollcallError', 'connect', 'follow', 'join', 'openKeyring']

t.test('programs of both kinds load it', async (t) => {
  const print = `console.log([${names.join(', ')}].map((given) => typeof given).join(' '))`
  const files = [
    write('a.mjs', `import { ${names.join(', ')} } from 'rollcall'\n${print}\n`),
    write('b.cjs', `const { ${names.join(', ')} } = require('rollcall')\n${print}\n`),
  ]
  for (const file of files) {
    const { stdout } = await run(process.execPath, ['--no-warnings', file])
    t.equal(stdout.trim(), names.map(() => 'function').join(' '), file)
  }
})

t.test('the types hold for programs of both kinds, and the samples of the README are right by them', async (t) => {
  t.ok(samples.length >= 3)
  const given = 'declare const signal: AbortSignal, body: Buffer, question: Buffer, event: Buffer\n'
  const use = 'const roll: Promise<FollowedRoll> = follow({ env: process.env })\n'
  const withUndici = `import { Agent, request } from 'undici'
void roll.then((open) => request('http://web.rollcall', { dispatcher: open.dispatcher({ agent: new Agent() }) }))\n`
  const files = [
    ...samples.map((text, at) => write(`sample-${at}.mts`, given + text)),
    write('a.mts', `import { type FollowedRoll, follow } from 'rollcall'\n${use}${withUndici}`),
    write('b.cts', `import { type FollowedRoll, follow } from 'rollcall'\n${use}${withUndici}`),
    write(
      'c.cts',
      `import rollcall = require('rollcall')\nconst { follow } = rollcall\nvoid follow({ env: process.env })\n`,
    ),
  ]
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--types', 'node', '--target', 'es2023', '--lib', 'es2023']
  const wrong = write('wrong.mts', "import { follow } from 'rollcall'\nvoid follow({ env: 5 })\n")
  const checked = run(program('tsc'), [...options, '--module', 'nodenext', ...files, wrong], { cwd: folder })
  const { stdout } = await checked.catch((error: unknown) => Object(error))
  const complaints = String(stdout)
    .trimEnd()
    .split('\n')
    .filter((text) => !text.startsWith(' '))
  t.equal(complaints.length, 1, stdout)
  t.match(complaints[0], /^wrong\.mts\(2,/, 'and a wrong program is found out')
})

t.test('the sample that calls by name does what it says', async (t) => {
  const daemon = await openDaemon({ port: 0, httpPort: 0, httpHost: '127.0.0.1', warmupMs: 0 })
  t.teardown(() => daemon.close())
  const server = createServer((incoming, outgoing) => outgoing.end(`you asked for ${incoming.url}`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  const where = daemon.spAddress.replace(/^.*:/, '127.0.0.1:')
  const web = { service: 'web', id: 'web-1', protocol: 'http', version: '1.4.2', tags: ['canary'] }
  const port = typeof address === 'object' && address ? address.port : 0
  const joined = new Promise<void>((done) => void daemon.reader.changes.subscribe(() => done()))
  const membership = await joinRoll({ discovery: [where], host: '127.0.0.1', port, ...web })
  t.teardown(() => membership.leave())
  await joined
  const untilSnapshot = `const controller = new AbortController()
const { signal } = controller
const { log } = console
console.log = (...told) => {
  log(...told)
  if (told[0] === 'snapshot') controller.abort()
}
`
  const sample = samples.find((text) => text.includes('roll.fetch'))
  const file = write('sample.mjs', `${untilSnapshot}${sample}console.log(provider.id)\n`)
  const env = { ...process.env, DISCOVERY_HOST: where }
  const { stdout } = await run(process.execPath, ['--no-warnings', file], { env, timeout: 60_000 })
  t.equal(stdout, '200 you asked for /path\nsnapshot\nweb-1\n')
})

t.test('the linters of packages find nothing', async (t) => {
  const lint = async (name: string, ...args: string[]) => {
    const { code = 0, stdout } = await run(program(name), args).catch((error: unknown) => Object(error))
    t.equal(code, 0, `${name} ${code === 0 ? '' : stdout}`)
  }
  await lint('publint', 'run', tarball, '--strict')
  // Where require() finds a module of ES: every Node that `engines` lets in loads it, as the first test here shows.
  await lint('attw', tarball, '--no-definitely-typed', '--no-emoji', '--ignore-rules', 'cjs-resolves-to-esm')
})
