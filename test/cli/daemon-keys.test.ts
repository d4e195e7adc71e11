// `rollcall daemon` with a keyring: read again on SIGHUP, while the roll is asked all the time.

import type { Test } from 'tap'
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import t from 'tap'
import { readKeyringFile } from '../../messaging/keys/open-keyring.ts'
import { join } from '../../messaging/roll/join.ts'
import { freePort } from './http-server.ts'
import { untilReady } from './open-roll.ts'
import { runCli, startCli } from './run-cli.ts'

async function openKeyedDaemon(t: Test) {
  const folder = mkdtempSync(joinPath(tmpdir(), 'rollcall-daemon-keys-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const keyring = joinPath(folder, 'keyring')
  await runCli(['key', 'new', '--out', keyring])
  const PORT = await freePort()
  const HTTP_PORT = await freePort()
  const env = {
    PORT,
    HTTP_PORT,
    HTTP_HOST: '127.0.0.1',
    DNS_PORT: '0',
    WARMUP: '1',
    INTERVAL: '100',
    ROLLCALL_KEYRING: keyring,
  }
  const run = startCli(['daemon'], env)
  t.teardown(async () => {
    run.kill('SIGKILL')
    await run.ended
  })
  await run.said(/listening/)
  const url = `http://127.0.0.1:${HTTP_PORT}`
  await untilReady({ url })
  return { folder, keyring, run, url, discovery: [`127.0.0.1:${PORT}`] }
}

async function untilResolved(url: string): Promise<void> {
  while ((await fetch(`${url}/resolve/web`)).status !== 200);
}

t.test('keys are rotated step by step, and web is resolved at every moment', async (t) => {
  const { folder, keyring, run, url, discovery } = await openKeyedDaemon(t)
  const copy = joinPath(folder, 'of-the-service')
  copyFileSync(keyring, copy)
  const [old] = readKeyringFile(keyring)
  const membership = await join({ discovery, service: 'web', port: 8080, env: { ROLLCALL_KEYRING: copy } })
  t.teardown(() => membership.close())
  await untilResolved(url)

  const failed: number[] = []
  let asked = 0
  const rotated = new AbortController()
  const asking = (async () => {
    while (!rotated.signal.aborted) {
      const { status } = await fetch(`${url}/resolve/web`)
      asked += 1
      if (status !== 200) failed.push(status)
    }
  })()
  const steps = ['add', 'switch', 'drop']
  for (const [index, step] of steps.entries()) {
    t.match(await runCli(['key', 'rotate', step, keyring]), { code: 0 }, step)
    run.kill('SIGHUP')
    await run.said(new RegExp(`(?:keys read again[^]*){${index + 1}}`))
    copyFileSync(keyring, copy)
    membership.rereadKeys()
  }
  // Back with the new key, and asked by the daemon again.
  const questions = membership.counts().questions
  while (membership.counts().questions < questions + 3) await new Promise((resolve) => void setImmediate(resolve))
  rotated.abort()
  await asking
  t.ok(asked > 0)
  t.same(failed, [])
  t.not(readKeyringFile(keyring)[0]?.keyId, old?.keyId)
  t.notMatch(run.stdout(), /fleet is open/)
})

t.test('a file that is wrong changes nothing; one that others can read is warned about', async (t) => {
  const { keyring, run, url, discovery } = await openKeyedDaemon(t)
  const good = readKeyringFile(keyring)
  const copy = `${keyring}.good`
  copyFileSync(keyring, copy)
  await runCli(['key', 'derive', 'call', '--from', copy, '--out', `${keyring}.call`])
  rmSync(keyring)
  run.kill('SIGHUP')
  await run.said(/keys not read again: those in use stay/)
  const membership = await join({ discovery, service: 'web', port: 8080, env: { ROLLCALL_KEYRING: copy } })
  t.teardown(() => membership.close())
  await untilResolved(url)
  copyFileSync(copy, keyring)
  chmodSync(keyring, 0o644)
  run.kill('SIGHUP')
  await run.said(/keys can be read by other users/)
  t.equal(good.length, 1)
})

t.test('a key that is none is one line, without the key', async (t) => {
  const run = await runCli(['daemon'], { ROLLCALL_KEY: 'rck1.sesame.street' })
  t.match(run, { code: 1, stdout: '', stderr: /^rollcall: .*ROLLCALL_KEY: .*\n$/ })
  t.notMatch(run.stderr, /sesame/)
  const missing = await runCli(['daemon'], { ROLLCALL_KEYRING: 'there/is/no/such/file' })
  t.match(missing, { code: 1, stderr: /^rollcall: the keyring cannot be read: .*\n$/ })
})
