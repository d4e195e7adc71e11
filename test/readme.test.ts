// The README says what is true: its tables are those of the schemas, its commands and samples are run or parsed.

import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { daemonVariables } from '../discovery/daemon-environment.ts'
import { openDaemon } from '../discovery/daemon.ts'
import { readAnswer } from '../messaging/roll/answer.ts'
import { checkVariables } from '../messaging/roll/check-environment.ts'
import { servicePrefixes, serviceVariables } from '../messaging/roll/service-environment.ts'
import { createSpEngine } from '../messaging/sp/engines/sp.ts'

const readme = readFileSync('README.md', 'utf8')

function section(title: string): string {
  const [, text] = readme.split(`\n## ${title}\n`)
  if (text === undefined) throw new Error(`the README has no section "${title}"`)
  return text.split('\n## ')[0] ?? ''
}

/** The cells of every table row in a text, without the head. */
function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    )
}

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map((match) => match[1] ?? '')
}

/** As the README's table has a variable. */
function rowOf(name: string, variable: { readonly description: string; readonly default?: string }): string[] {
  return [`\`${name}\``, variable.default ? `\`${variable.default}\`` : '', variable.description]
}

t.test('the tables of variables are the schemas', async (t) => {
  const [daemon = '', service = '', agent = ''] = section('Configure').split(/^(?:A service|An agent) \(/m)
  const isVariable = ([name = '']: string[]) => name.startsWith('`')
  t.same(
    rows(daemon).filter(isVariable),
    Object.entries(daemonVariables).map(([name, variable]) => rowOf(name, variable)),
  )
  t.same(rows(service).filter(isVariable), [
    ...Object.entries(serviceVariables).map(([name, variable]) => rowOf(name, variable)),
    ...Object.entries(servicePrefixes).map(([name, variable]) => rowOf(`${name}*`, variable)),
  ])
  t.same(
    rows(agent).filter(isVariable),
    Object.entries(checkVariables).map(([name, variable]) => rowOf(name, variable)),
  )
})

t.test('every line of the sample answer is accepted, with what the text says of it', async (t) => {
  const sample = section('Be on the roll')
    .split('```\n')
    .find((block) => block.startsWith('web|tcp'))
  const { lines, refused } = readAnswer(Buffer.from(sample ?? ''))
  t.same(refused, [])
  t.match(lines, [
    { provider: { service: 'web', host: '10.0.0.7', port: 8080, weight: 1, status: 'passing' } },
    { provider: { id: 'web-1', zone: 'eu-1a', tags: ['canary'] }, dynamic: { load: 0.31, inflight: 4 } },
  ])
})

t.test('the C sample says what it sends, and how long that is', async (t) => {
  const [code = ''] = blocks('c')
  const [, line = '', length] = /nn_send\(s, "([^"]+)", (\d+), 0\)/.exec(code) ?? []
  t.equal(Buffer.byteLength(line), Number(length))
  t.equal(readAnswer(Buffer.from(line)).lines.length, 1)
})

t.test('what a daemon answers has the form that the README shows, on every path that it names', async (t) => {
  const daemon = await openDaemon({ port: 0, httpPort: 0, httpHost: '127.0.0.1', warmupMs: 0, intervalMs: 20 })
  const engine = createSpEngine()
  t.teardown(() => Promise.all([daemon.close(), engine.close()]))
  const joined = new Promise<void>((resolve) => void daemon.reader.changes.subscribe(() => resolve()))
  const address = daemon.spAddress.replace('*', '127.0.0.1')
  engine.dial(
    address,
    engine.createRespondent(() => Buffer.from('answer|tcp://10.0.0.7:9000')),
  )
  await joined
  const get = async (path: string) => {
    const response = await fetch(daemon.httpUrl + path)
    const body: unknown = await response.json()
    return { response, body }
  }
  const shown: unknown = JSON.parse(blocks('json')[0] ?? '')
  const { response, body } = await get('/resolve/answer')
  t.same(Object.keys(Object(body)), Object.keys(Object(shown)))
  for (const header of ['Rollcall-Round', 'Rollcall-Frozen', 'Rollcall-Epoch']) {
    t.match(readme, header)
    t.ok(response.headers.get(header), header)
  }
  const paths = rows(section('Ask over HTTP')).flatMap(([cell]) => /^`GET (\S+)`$/.exec(cell ?? '')?.[1] ?? [])
  t.ok(paths.length >= 6)
  for (const path of paths) {
    const found = await get(path.replace(':service', 'answer'))
    t.not(found.response.status, 404, path)
  }
  const requester = engine.createRequester()
  engine.dial(address, requester)
  const verbs = rows(section('Ask over SP')).flatMap(([cell]) => /^`([a-z][^`]*)`$/.exec(cell ?? '')?.[1] ?? [])
  t.ok(verbs.length >= 5)
  for (const verb of verbs) {
    const text = verb.replace('NAME', 'answer').replace('KIND', 'service').replace('ID', 'tcp://10.0.0.7:9000')
    const reply = String(await requester.request(Buffer.from(text), { timeoutMs: 5_000 }))
    t.notMatch(reply, /^error/, text)
  }
})

t.test('what the commands name is there', async (t) => {
  const compose: { services: Record<string, unknown> } = parse(readFileSync('compose.yaml', 'utf8'))
  const text = JSON.stringify(compose)
  for (const name of ['discovery-1', 'discovery-2', 'answer', 'web', 'classic', 'client'])
    t.ok(compose.services[name], name)
  for (const variable of ['ROLLCALL_HTTP:-8500', 'ROLLCALL_HTTP_2:-8501']) t.ok(text.includes(variable), variable)
  const { scripts } = Object(JSON.parse(readFileSync('package.json', 'utf8')))
  for (const script of readme.match(/npm (run [a-z]+|test)/g) ?? [])
    t.ok(scripts[script.replace(/^npm (run )?/, '')], script)
  for (const [, target = ''] of readme.matchAll(/\]\(([^)]+)\)/g)) t.ok(existsSync(target), target)
  t.ok(existsSync('k8s/base/kustomization.yaml'))
})

t.test('CI runs the test command of the README and no other', async (t) => {
  const [, command = ''] = /\*\*Test it\.\*\*[^`]*```sh\n([^\n]+)\n/.exec(readme) ?? []
  t.equal(command, 'npm ci && npm test')
  t.match(readFileSync('.ci/run', 'utf8'), command)
})
