// HTTP over TLS: with a certificate from files, exchanged while connections are open.

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as sendRequest } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { CertificateFiles } from '../../../../discovery/lookup/http/certificate.ts'
import { openCertificate } from '../../../../discovery/lookup/http/certificate.ts'
import { openHttpDoor } from '../../../../discovery/lookup/http/http-door.ts'
import { makeAuthority } from '../../../fixtures/certificates.ts'
import { createFakeClock } from '../../../fixtures/fake-clock.ts'
import { requireTool } from '../../../fixtures/require-tool.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'

const roll = createFakeRoll([createInstance({ service: 'web' })])

function openFiles(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-tls-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [certPath, keyPath] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  return {
    certPath,
    keyPath,
    write({ cert, key }: { readonly cert: string; readonly key: string }) {
      writeFileSync(certPath, cert)
      writeFileSync(keyPath, key)
    },
  }
}

/** The status, and the name in the certificate that was shown. */
async function ask(url: string, ca: string, servername: string) {
  const request = sendRequest(url, { ca, servername, agent: false })
  let commonName = ''
  request.on('socket', (socket: TLSSocket) => {
    socket.on('secureConnect', () => {
      commonName = String(socket.getPeerCertificate().subject.CN)
    })
  })
  request.end()
  const [response] = await once(request, 'response')
  response.resume()
  await once(response, 'end')
  return { status: Number(response.statusCode), commonName }
}

t.test('answers go over TLS, and a new certificate is shown from the next connection on', async (t) => {
  if (!requireTool(t, 'openssl', 'openssl')) return
  const authority = makeAuthority(t)
  const files = openFiles(t)
  files.write(authority.issue('first', 'rollcall.example'))
  const warned: unknown[] = []
  const log = { info: () => undefined, warn: (fields: unknown) => void warned.push(fields) }
  const certificate = openCertificate(files, log)
  const door = await openHttpDoor({ reader: roll, host: '127.0.0.1', port: 0, certificate })
  t.teardown(() => door.close())
  t.match(door.url, /^https:\/\/127\.0\.0\.1:\d+$/)
  const resolve = () => ask(`${door.url}/resolve/web`, authority.ca, 'rollcall.example')
  t.same(await resolve(), { status: 200, commonName: 'first' })

  files.write(authority.issue('second', 'rollcall.example'))
  t.equal(certificate?.reread(), true)
  t.same(await resolve(), { status: 200, commonName: 'second' })

  writeFileSync(files.keyPath, 'nonsense')
  t.equal(certificate?.reread(), false)
  t.match(warned, [{ keyPath: files.keyPath, err: { code: 'ENVIRONMENT_INVALID' } }])
  t.same(await resolve(), { status: 200, commonName: 'second' })
})

t.test(
  'plain HTTP to a door with TLS gets no answer, and a handshake that never comes holds up no close',
  async (t) => {
    if (!requireTool(t, 'openssl', 'openssl')) return
    const files = openFiles(t)
    files.write(makeAuthority(t).issue('daemon'))
    const clock = createFakeClock()
    const certificate = openCertificate(files)
    const door = await openHttpDoor({ reader: roll, host: '127.0.0.1', port: 0, certificate, clock, closeGraceMs: 700 })
    t.teardown(() => door.close())
    const dial = async () => {
      const socket = connect(Number(new URL(door.url).port), '127.0.0.1')
      t.teardown(() => void socket.destroy())
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      return socket
    }
    const silent = await dial()
    const silentEnd = once(silent.resume(), 'close')
    const plain = await dial()
    let said = ''
    plain.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')))
    plain.write('GET /resolve/web HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(plain, 'close')
    t.notMatch(said, 'HTTP/1.1 200')

    const closing = door.close()
    clock.advance(700)
    await Promise.all([closing, silentEnd])
    t.equal(clock.pending, 0)
  },
)

t.test('what is wrong with the files is an error that names the variable and the file', async (t) => {
  if (!requireTool(t, 'openssl', 'openssl')) return
  const authority = makeAuthority(t)
  const files = openFiles(t)
  const { certPath, keyPath } = files
  const fails = (message: RegExp, given: CertificateFiles = { certPath, keyPath }) =>
    t.throws(() => openCertificate(given), { code: 'ENVIRONMENT_INVALID', message })
  fails(/HTTP_TLS_CERT is set without HTTP_TLS_KEY/, { certPath })
  fails(/HTTP_TLS_KEY is set without HTTP_TLS_CERT/, { keyPath })
  fails(/HTTP_TLS_CERT: the file cannot be read: .*tls\.crt/)
  const [one, other] = [authority.issue('one'), authority.issue('other')]
  files.write({ ...one, cert: 'nonsense' })
  fails(/HTTP_TLS_CERT: .*tls\.crt is not a certificate/)
  files.write({ ...one, key: 'nonsense' })
  fails(/HTTP_TLS_KEY: .*tls\.key is not a private key/)
  files.write({ ...one, key: other.key })
  fails(/HTTP_TLS_KEY: .*tls\.key is not the key of the certificate in .*tls\.crt/)
  t.equal(openCertificate({}), undefined)
})
