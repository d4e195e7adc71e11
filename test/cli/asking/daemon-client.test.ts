import t from 'tap'
import { localUrl, readDaemonUrls } from '../../../cli/asking/daemon-client.ts'

t.test('the daemon on this machine is where its own variables say', async (t) => {
  t.equal(localUrl({}), 'http://127.0.0.1:8500')
  t.equal(localUrl({ HTTP_HOST: '0.0.0.0', HTTP_PORT: '18500' }), 'http://127.0.0.1:18500')
  t.equal(localUrl({ HTTP_TLS_CERT: '/run/tls.crt' }), 'https://127.0.0.1:8500')
  t.equal(localUrl({ HTTP_HOST: '10.0.0.7' }), 'http://10.0.0.7:8500')
  t.equal(localUrl({ HTTP_HOST: '::1' }), 'http://[::1]:8500')
  t.equal(localUrl({ HTTP_HOST: '::', HTTP_PORT: 'tcp://10.0.0.1:80' }), 'http://127.0.0.1:8500')
})

t.test('several daemons are separated by commas, and the option beats the variable', async (t) => {
  const env = { ROLLCALL_URL: 'http://discovery:8500/, discovery-2:8501' }
  t.same(readDaemonUrls(undefined, env), ['http://discovery:8500', 'http://discovery-2:8501'])
  t.same(readDaemonUrls('https://other', env), ['https://other'])
  t.same(readDaemonUrls(undefined, { ROLLCALL_URL: '' }), ['http://127.0.0.1:8500'], 'set to nothing is not set')
})

for (const text of ['', ',', 'ftp://x', 'http://', 'http://a:99999']) {
  t.test(`"${text}" names no daemon`, async (t) => {
    t.throws(() => readDaemonUrls(text, {}), { code: 'ADDRESS_INVALID', message: /--daemon/ })
  })
}
