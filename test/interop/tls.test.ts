// nngcat (NNG on mbed TLS) over tls+tcp with certificates on both sides, listening and dialling.

import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { findFreePort } from '../fixtures/free-port.ts'
import { requireTool } from '../fixtures/require-tool.ts'
import { run } from './program.ts'

t.test('nngcat and we prove who we are by certificates', async (t) => {
  if (!requireTool(t, 'nngcat', 'nng-utils') || !requireTool(t, 'openssl', 'openssl')) return
  const authority = makeAuthority(t)
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-nngcat-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const ours = { ...authority.issue('blue/ours/member', 'localhost'), ca: authority.ca }
  const theirs = authority.issue('blue/theirs/call', 'localhost')
  const [ca, cert, key] = [join(folder, 'ca'), join(folder, 'cert'), join(folder, 'key')]
  writeFileSync(ca, authority.ca)
  writeFileSync(cert, theirs.cert)
  writeFileSync(key, theirs.key)
  const proof = ['--cacert', ca, '--cert', cert, '--key', key]

  await t.test('it asks us', async (t) => {
    const engine = createSpEngine()
    t.teardown(() => engine.close())
    const identities: (string | undefined)[] = []
    const replier = engine.createReplier((_body, { pipe }) => {
      identities.push(pipe?.identity)
      return Buffer.from('forty-two')
    })
    const { address } = await engine.listen('tls+tcp://127.0.0.1:0', replier, { credentials: ours })
    const dialled = address.replace('127.0.0.1', 'localhost')
    const program = run(
      t,
      'nngcat',
      '--req0',
      '--dial',
      dialled,
      ...proof,
      '--data',
      'question',
      '--ascii',
      '--interval',
      '1',
    )
    await program.printed('forty-two')
    t.equal(identities[0], 'blue/theirs/call')
  })

  await t.test('it answers us', async (t) => {
    const port = await findFreePort()
    run(t, 'nngcat', '--rep0', '--listen', `tls+tcp://127.0.0.1:${port}`, ...proof, '--data', 'forty-two')
    const engine = createSpEngine()
    t.teardown(() => engine.close())
    const requester = engine.createRequester()
    engine.dial(`tls+tcp://localhost:${port}`, requester, { credentials: () => ours })
    t.equal(String(await requester.request(Buffer.from('question'), { timeoutMs: 60_000 })), 'forty-two')
    t.equal([...requester.pipes][0]?.identity, 'blue/theirs/call')
  })
})
