import t from 'tap'
import { createRootKey, formatKey } from '../../../messaging/keys/key.ts'
import { readServiceEnvironment, serviceVariables } from '../../../messaging/roll/service-environment.ts'

t.test('a service that says the least has the defaults of the design', async (t) => {
  const { values, meta } = readServiceEnvironment({ DISCOVERY_HOST: 'discovery', SERVICE_NAME: 'Answer' })
  t.match(values, {
    DISCOVERY_HOST: [{ host: 'discovery', port: undefined }],
    DISCOVERY_PORT: 5555,
    SERVICE_NAME: 'answer',
    SERVICE_PROTOCOL: 'tcp',
    SERVICE_TAGS: [],
    SERVICE_WEIGHT: 1,
    SERVICE_GRACE: 10_000,
    ROLLCALL_ENGINE: 'sp',
  })
  t.same(meta, {})
})

t.test('DISCOVERY_HOST names several daemons, each with or without a port', async (t) => {
  const { values } = readServiceEnvironment({ DISCOVERY_HOST: 'a, b:7000,[fd00::1]:7001 ,[fd00::2],fd00::3, 10.0.0.1' })
  t.same(values.DISCOVERY_HOST, [
    { host: 'a', port: undefined },
    { host: 'b', port: 7000 },
    { host: 'fd00::1', port: 7001 },
    { host: 'fd00::2', port: undefined },
    { host: 'fd00::3', port: undefined },
    { host: '10.0.0.1', port: undefined },
  ])
})

t.test('a place that cannot be dialled is named among the others', async (t) => {
  for (const entry of ['tcp://a:1', 'a:0', 'a:99999', 'a b', '*', '0.0.0.0', 'a/b'])
    t.throws(() => readServiceEnvironment({ DISCOVERY_HOST: `good,${entry}` }), {
      code: 'ENVIRONMENT_INVALID',
      message: new RegExp(`${JSON.stringify(entry).replace(/[*.]/g, '\\$&')} is neither host nor host:port`),
    })
  t.throws(() => readServiceEnvironment({ DISCOVERY_HOST: ',' }), { message: /there is no host in it/ })
})

t.test('tags are a list, and meta is whatever stands behind SERVICE_META_', async (t) => {
  const env = { SERVICE_TAGS: 'canary, blue,', SERVICE_META_COMMIT: 'abc', SERVICE_META_PORT: 'tcp://10.0.0.1:80' }
  const { values, meta } = readServiceEnvironment(env)
  t.same(values.SERVICE_TAGS, ['canary', 'blue'])
  t.same(meta, { commit: 'abc' })
  t.throws(() => readServiceEnvironment({ SERVICE_TAGS: '!canary' }), { code: 'ENVIRONMENT_INVALID' })
})

t.test('a dotted name is refused with its dashed form', async (t) => {
  t.throws(() => readServiceEnvironment({ SERVICE_NAME: 'my.web' }), { message: /use "my-web"/ })
})

t.test('in a cluster with a Kubernetes service named service, its links are not ours', async (t) => {
  const links = { SERVICE_PORT: 'tcp://10.96.0.9:80', SERVICE_SERVICE_HOST: '10.96.0.9', SERVICE_SERVICE_PORT: '80' }
  t.equal(readServiceEnvironment(links).values.SERVICE_PORT, undefined)
  t.throws(() => readServiceEnvironment(links, { required: ['SERVICE_PORT'] }), { message: /Kubernetes/ })
})

t.test('checks do not work yet', async (t) => {
  const env = { SERVICE_CHECK_HTTP: '/health', SERVICE_CHECK_TCP: 'x' }
  for (const [name, value] of Object.entries(env))
    t.throws(() => readServiceEnvironment({ [name]: value }), { message: new RegExp(`^${name}: does not work yet`) })
})

t.test('a key is of the printed form, and never printed again', async (t) => {
  const key = formatKey(createRootKey('web'))
  t.equal(readServiceEnvironment({ ROLLCALL_KEY: key }).values.ROLLCALL_KEY, key)
  const read = () => readServiceEnvironment({ ROLLCALL_KEY: key.slice(0, -1) })
  const error = t.throws(read, {
    code: 'ENVIRONMENT_INVALID',
    message: /ROLLCALL_KEY: found a value that is not printed/,
  })
  t.notMatch(String(error), key.slice(30, -1))
})

t.test('every variable says in words what it is and what it accepts, and its default is accepted', async (t) => {
  for (const [name, variable] of Object.entries(serviceVariables)) {
    t.ok(variable.description.length > 10 && variable.accepts.length > 5, name)
    if ('default' in variable) t.ok(variable.schema.safeParse(variable.default).success, name)
  }
})
