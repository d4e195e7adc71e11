import t from 'tap'
import { readDaemonEnvironment } from '../../discovery/daemon-environment.ts'
import { daemonDefaults } from '../../discovery/daemon-options.ts'
import { parseGateways } from '../../discovery/gateways.ts'

t.test('an empty environment gives the defaults', async (t) => {
  const { logLevel, logFormat, keys, httpFiles, ...options } = readDaemonEnvironment({})
  t.same(keys, { key: undefined, path: undefined })
  t.same(httpFiles, { certPath: undefined, keyPath: undefined })
  const { log: _log, version: _version, host: _host, keyring, httpCertificate, ...defaults } = daemonDefaults
  t.same([keyring, httpCertificate], [undefined, undefined])
  t.same(options, { ...defaults, dnsPort: 8_600 })
  t.equal(logLevel, 'info')
  t.equal(logFormat, undefined)
})

t.test("the article's own settings are accepted as they stand", async (t) => {
  t.match(readDaemonEnvironment({ PORT: '5555', DEADLINE: '5000', INTERVAL: '2000' }), {
    port: 5555,
    deadlineMs: 5_000,
    intervalMs: 2_000,
  })
})

t.test('one error names every wrong variable, what was found and what is accepted', async (t) => {
  const read = () => readDaemonEnvironment({ PORT: '99999', INTERVAL: 'soon', MISSES: '0', ROLLCALL_ENGINE: 'zeromq' })
  t.throws(read, { code: 'ENVIRONMENT_INVALID' })
  for (const part of [
    /PORT: found "99999".*from 0 to 65535/,
    /INTERVAL: found "soon"/,
    /MISSES: found "0"/,
    /sp, nanomsg/,
  ])
    t.throws(read, { message: part })
})

t.test('who may ask over HTTP is read, and a wrong token is not printed', async (t) => {
  t.match(readDaemonEnvironment({ HTTP_TOKEN: 'abc', HTTP_RATE: '0', HTTP_CORS: 'https://a.example, http://b:81' }), {
    httpToken: 'abc',
    httpRate: 0,
    httpOrigins: ['https://a.example', 'http://b:81'],
  })
  t.same(readDaemonEnvironment({ HTTP_CORS: '*' }).httpOrigins, ['*'])
  for (const HTTP_CORS of ['a.example', 'https://a.example/', 'https://a.example/x', 'ftp://a.example'])
    t.throws(
      () => readDaemonEnvironment({ HTTP_CORS }),
      { message: /HTTP_CORS: found .*http:\/\/host:port/ },
      HTTP_CORS,
    )
  const message = /^HTTP_TOKEN: found a value that is not printed, accepted is visible ASCII[^]*$/
  t.throws(() => readDaemonEnvironment({ HTTP_TOKEN: 'not a token' }), { message })
})

t.test('DNS is off with port 0, and its domain is one that DNS can have', async (t) => {
  t.equal(readDaemonEnvironment({ DNS_PORT: '0' }).dnsPort, undefined)
  t.match(readDaemonEnvironment({ DNS_DOMAIN: 'Roll.Example', DNS_HOST: '[::1]' }), {
    dnsDomain: 'roll.example',
    dnsHost: '::1',
  })
  for (const domain of ['.', 'roll.', 'a..b', '-a', 'a-', 'under_score', `${'a'.repeat(64)}.b`, 'a.'.repeat(80) + 'a'])
    t.throws(() => readDaemonEnvironment({ DNS_DOMAIN: domain }), { message: /DNS_DOMAIN: found/ })
})

t.test('variables that do not work yet are an error that says so, and no value of theirs is shown', async (t) => {
  for (const name of ['SERVICE_CHECK_HTTP', 'SERVICE_CHECK_TCP']) {
    const read = () => readDaemonEnvironment({ [name]: 'hush' })
    t.throws(read, { code: 'ENVIRONMENT_INVALID', message: new RegExp(`${name}: does not work yet`) })
    t.doesNotThrow(() => {
      try {
        read()
      } catch (error) {
        if (String(error).includes('hush')) throw error
      }
    })
  }
})

t.test('what Kubernetes puts there is ignored, and a mistyped name of ours is warned about', async (t) => {
  const warned: unknown[] = []
  const log = { debug() {}, warn: (fields: object) => void warned.push(fields) }
  const { httpPort } = readDaemonEnvironment(
    { HTTP_PORT: 'tcp://10.96.0.1:443', DISCOVERY_SERVICE_HOST: '10.96.0.1', ROLLCALL_ENGIN: 'sp' },
    log,
  )
  t.equal(httpPort, 8500)
  t.match(warned, [{ variable: 'ROLLCALL_ENGIN', didYouMean: 'ROLLCALL_ENGINE' }])
})

t.test("gateways are read from the kernel's table", async (t) => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    'garbage',
    '',
  ]
  t.same(parseGateways(table.join('\n')), ['172.18.0.1'])
})
