// `rollcall key` as a user runs it; each run is the built program.

import type { Test } from 'tap'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readKey } from '../../messaging/keys/key.ts'
import { readKeyring } from '../../messaging/keys/keyring.ts'
import { runCli } from './run-cli.ts'

function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-key-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

t.test('new prints a root key, of the whole fleet or of one cluster', async (t) => {
  const { code, stdout, stderr } = await runCli(['key', 'new'])
  t.match({ code, stderr }, { code: 0, stderr: '' })
  t.match(readKey(stdout), { cluster: '*', purpose: 'root' })
  t.match(readKey((await runCli(['key', 'new', 'web'])).stdout), { cluster: 'web', purpose: 'root' })
})

t.test('new --out writes a file for its owner alone, prints no secret, and never writes over one', async (t) => {
  const file = join(makeFolder(t), 'fleet.key')
  const made = await runCli(['key', 'new', '--out', file])
  const text = readFileSync(file, 'utf8').trim()
  t.equal(modeOf(file), '600')
  t.match(made, { code: 0, stdout: '' })
  t.match(made.stderr, `${file}: */${readKey(text).keyId}/root`)
  t.notMatch(made.stderr, text.slice(text.lastIndexOf('.') + 1))
  const again = await runCli(['key', 'new', '--out', file])
  t.match(again, { code: 1, stderr: /it is there already/ })
  t.equal(readFileSync(file, 'utf8').trim(), text)
})

t.test('derive gives less of the same key, from the environment or a file', async (t) => {
  const root = (await runCli(['key', 'new', 'web'])).stdout.trim()
  const env = { ROLLCALL_KEY: root }
  for (const purpose of ['member', 'call', 'roll', 'roll:web']) {
    const { stdout } = await runCli(['key', 'derive', purpose], env)
    t.match(readKey(stdout), { cluster: 'web', purpose, keyId: readKey(root).keyId }, purpose)
  }
  const call = (await runCli(['key', 'derive', 'call'], env)).stdout
  t.match(await runCli(['key', 'derive', 'member'], { ROLLCALL_KEY: call.trim() }), { code: 1, stdout: '' })
  t.match(await runCli(['key', 'derive', 'root'], env), { code: 2, stdout: '' })
  t.match(await runCli(['key', 'derive', 'call']), { code: 1, stderr: /no key is given/ })
})

t.test('show tells whose keys they are, and no secret', async (t) => {
  const root = (await runCli(['key', 'new', 'web'])).stdout.trim()
  const { code, stdout, stderr } = await runCli(['key', 'show'], { ROLLCALL_KEY: root })
  t.match({ code, stderr }, { code: 0, stderr: '' })
  t.match(stdout, new RegExp(`web +${readKey(root).keyId} +root +speaks and listens\n`))
  t.notMatch(stdout, root.slice(root.lastIndexOf('.') + 1))
})

t.test('rotate changes the file in place, step by step, and keeps it to its owner', async (t) => {
  const file = join(makeFolder(t), 'fleet.key')
  await runCli(['key', 'new', '--out', file])
  chmodSync(file, 0o400)
  const idsOf = () => readKeyring(readFileSync(file, 'utf8')).map(({ keyId }) => keyId)
  const [old] = idsOf()
  for (const step of ['add', 'switch', 'drop']) {
    const run = await runCli(['key', 'rotate', step, file])
    t.match(run, { code: 0, stdout: '' }, step)
    t.equal(modeOf(file), '400')
  }
  t.equal(idsOf().length, 1)
  t.not(idsOf()[0], old)
  t.match(await runCli(['key', 'rotate', 'drop', file]), { code: 1, stderr: /the first step is add/ })
  t.match(await runCli(['key', 'rotate', 'turn', file]), { code: 2 })
})
