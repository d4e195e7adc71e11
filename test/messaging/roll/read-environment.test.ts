import t from 'tap'
import { z } from 'zod'
import { isLinkNoise } from '../../../messaging/roll/link-noise.ts'
import { editDistance, nearestName } from '../../../messaging/roll/nearest-name.ts'
import { readEnvironment } from '../../../messaging/roll/read-environment.ts'
import { oneOf, wholeNumber } from '../../../messaging/roll/variable.ts'

const variables = {
  PORT: { description: 'port', ...wholeNumber({ min: 0, max: 65_535 }), default: '5555' },
  DISCOVERY_PORT: { description: 'port', ...wholeNumber({ min: 1, max: 65_535 }), default: '5555' },
  ZONE: { description: 'place', accepts: 'a word', schema: z.string().regex(/^\S+$/) },
  ROLLCALL_ENGINE: { description: 'engine', ...oneOf(['sp', 'nanomsg']), default: 'sp' },
  TOKEN: { description: 'secret', accepts: '32 letters', schema: z.string().length(32), isSecret: true },
} as const

function createNotes() {
  const notes: { readonly level: string; readonly fields: object }[] = []
  const log = {
    debug: (fields: object) => void notes.push({ level: 'debug', fields }),
    warn: (fields: object) => void notes.push({ level: 'warn', fields }),
  }
  return { notes, log }
}

t.test('what is set is read, what is not has its default, and set to nothing is not set', async (t) => {
  const { values } = readEnvironment(variables, { PORT: ' 7000 ', DISCOVERY_PORT: '', OTHER: 'x' })
  t.same(values, {
    PORT: 7000,
    DISCOVERY_PORT: 5555,
    ZONE: undefined,
    ROLLCALL_ENGINE: 'sp',
    TOKEN: undefined,
  })
})

t.test('one error names every wrong variable, what was found and what is accepted', async (t) => {
  const env = { PORT: '70000', DISCOVERY_PORT: '0x10', ROLLCALL_ENGINE: 'zmq' }
  const error = t.throws(() => readEnvironment(variables, env, { required: ['ZONE'] }))
  t.match(error, { code: 'ENVIRONMENT_INVALID' })
  t.equal(
    error instanceof Error && error.message,
    'PORT: found "70000", accepted is a whole number from 0 to 65535; ' +
      'DISCOVERY_PORT: found "0x10", accepted is a whole number from 1 to 65535; ' +
      'ZONE: not set, accepted is a word; ' +
      'ROLLCALL_ENGINE: found "zmq", accepted is one of sp, nanomsg',
  )
})

t.test('a number is digits alone', async (t) => {
  for (const PORT of ['1e3', '+1', '1.0', '-1', '0b1', '１', '9'.repeat(400), 'NaN', 'Infinity'])
    t.throws(() => readEnvironment(variables, { PORT }), { code: 'ENVIRONMENT_INVALID' }, PORT)
})

t.test('a secret is never printed', async (t) => {
  const error = t.throws(() => readEnvironment(variables, { TOKEN: 'hunter2' }))
  t.match(error, { message: /^TOKEN: .*accepted is 32 letters$/ })
  t.notMatch(error, { message: /hunter2/ })
})

t.test('a long or strange value is quoted and cut', async (t) => {
  const error = t.throws(() => readEnvironment(variables, { PORT: `\u001b[2J${'9'.repeat(500)}` }))
  const message = error instanceof Error ? error.message : ''
  t.ok(message.length < 200)
  t.notMatch(message, '\u001b')
})

t.test('what Kubernetes and Docker links inject is ignored with a debug note', async (t) => {
  const { notes, log } = createNotes()
  const env = {
    DISCOVERY_PORT: 'tcp://10.96.0.7:5555',
    DISCOVERY_PORT_5555_TCP_ADDR: '10.96.0.7',
    ROLLCALL_PORT: 'tcp://10.96.0.8:80',
    ROLLCALL_PORT_80_TCP: 'tcp://10.96.0.8:80',
    ROLLCALL_PORT_80_TCP_PROTO: 'tcp',
    ROLLCALL_SERVICE_HOST: '10.96.0.8',
    ROLLCALL_SERVICE_PORT: '80',
    ROLLCALL_SERVICE_PORT_HTTP: '80',
  }
  t.equal(readEnvironment(variables, env, { log }).values.DISCOVERY_PORT, 5555)
  t.equal(notes.length, 7)
  t.ok(notes.every(({ level }) => level === 'debug'))
})

t.test('a required variable that holds link noise is missing, and the error says why', async (t) => {
  const env = { DISCOVERY_PORT: 'tcp://10.96.0.7:5555' }
  const { default: _, ...plain } = variables.DISCOVERY_PORT
  t.throws(() => readEnvironment({ DISCOVERY_PORT: plain }, env, { required: ['DISCOVERY_PORT'] }), {
    message: /found "tcp:\/\/10.96.0.7:5555", which is of a Kubernetes service or a Docker link/,
  })
})

t.test('link noise is told by name and value', async (t) => {
  const noise = {
    DISCOVERY_PORT: 'tcp://10.0.0.1:5555',
    DNS_PORT: 'udp://10.0.0.1:53',
    SERVICE_PORT: 'tcp://[fd00::1]:80',
    SERVICE_PORT_80_TCP: 'tcp://10.0.0.1:80',
    SERVICE_PORT_80_TCP_PORT: '80',
    SERVICE_SERVICE_HOST: '10.0.0.1',
    SERVICE_SERVICE_PORT: '80',
    WEB_SERVICE_PORT_HTTP: '80',
  }
  for (const [name, value] of Object.entries(noise)) t.ok(isLinkNoise(name, value), name)
  const ours = {
    SERVICE_HOST: '10.0.0.1',
    SERVICE_PORT: '80',
    SERVICE_NAME: 'tcp://10.0.0.1:80',
    DISCOVERY_HOST: '10.0.0.1',
    DISCOVERY_PORT: '5555',
    HTTP_PORT: 'tcp://web:80',
    PORT: 'tcp://10.0.0.1:80',
    MY_SERVICE_HOST: 'web.local',
  }
  for (const [name, value] of Object.entries(ours)) t.notOk(isLinkNoise(name, value), name)
})

t.test('an unknown variable with our prefix is a warning with the nearest right name', async (t) => {
  const { notes, log } = createNotes()
  const env = { ROLLCALL_ENGNIE: 'sp', ROLLCALL_COLOUR: 'red', ROLLCALL_URL: 'http://h' }
  readEnvironment(variables, env, { log, known: ['ROLLCALL_URL'] })
  t.same(notes, [
    { level: 'warn', fields: { variable: 'ROLLCALL_ENGNIE', didYouMean: 'ROLLCALL_ENGINE' } },
    { level: 'warn', fields: { variable: 'ROLLCALL_COLOUR' } },
  ])
})

t.test('a variable that does not work yet is an error that says so, without its value', async (t) => {
  const notYet = { ROLLCALL_KEY: 'unset it', DNS_PORT: 'ask over HTTP', 'SERVICE_CHECK_*': 'unset it' }
  const env = { ROLLCALL_KEY: 'sesame', DNS_PORT: '8600', SERVICE_CHECK_HTTP: '/health' }
  const error = t.throws(() => readEnvironment(variables, env, { notYet }))
  t.match(error, {
    code: 'ENVIRONMENT_INVALID',
    message: /ROLLCALL_KEY: does not work yet.*DNS_PORT: does not work yet.*SERVICE_CHECK_HTTP: does not work yet/,
  })
  t.notMatch(error, { message: /sesame/ })
  t.ok(readEnvironment(variables, { DNS_PORT: 'udp://10.96.0.10:53', ROLLCALL_KEY: '' }, { notYet }))
})

t.test('variables behind a prefix are read by what follows it', async (t) => {
  const prefixes = { META_: { description: 'meta', accepts: 'at most 3 letters', schema: z.string().max(3) } }
  const { prefixed } = readEnvironment(variables, { META_COMMIT: 'abc', META_: 'x', METAL: 'x' }, { prefixes })
  t.same(prefixed, { META_: { COMMIT: 'abc' } })
  t.throws(() => readEnvironment(variables, { META_COMMIT: 'abcd' }, { prefixes }), {
    message: 'META_COMMIT: found "abcd", accepted is at most 3 letters',
  })
})

t.test('distance counts letters added, lost, changed, and neighbours swapped', async (t) => {
  t.equal(editDistance('', 'abc'), 3)
  t.equal(editDistance('engine', 'engine'), 0)
  t.equal(editDistance('engnie', 'engine'), 1)
  t.equal(editDistance('engines', 'engine'), 1)
  t.equal(editDistance('kitten', 'sitting'), 3)
  t.equal(nearestName('ROLLCALL_ENGINES', ['ROLLCALL_URL', 'ROLLCALL_ENGINE']), 'ROLLCALL_ENGINE')
  t.equal(nearestName('ROLLCALL_XYZ', ['ROLLCALL_URL', 'ROLLCALL_ENGINE']), undefined)
})
