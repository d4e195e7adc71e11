import t from 'tap'
import { answerLimits, createAnswerReader, formatLine, readAnswer } from '../../../messaging/roll/answer.ts'
import type { ProviderLine } from '../../../messaging/roll/answer.ts'

function read(text: string) {
  return readAnswer(Buffer.from(text))
}

function refusal(text: string) {
  const { lines, refused } = read(text)
  return lines.length === 0 && refused.length === 1 ? refused[0] : undefined
}

t.test('the short form gives a name and an address, and the rest is as when nothing is said', async (t) => {
  const { lines, refused } = read('web|tcp://10.0.0.7:8080')
  t.same(refused, [])
  t.same(lines, [
    {
      text: 'web|tcp://10.0.0.7:8080',
      dynamic: undefined,
      provider: {
        service: 'web',
        id: undefined,
        protocol: 'tcp',
        host: '10.0.0.7',
        port: 8080,
        zone: '',
        version: '',
        weight: 1,
        tags: [],
        meta: {},
        status: 'passing',
        kind: 'service',
        boot: undefined,
        by: undefined,
      },
    },
  ])
})

t.test('the JSON form gives every field, and a TAB begins what changes all the time', async (t) => {
  const fixed =
    '{"service":"web","id":"web-1","address":"http://10.0.0.7:8080","zone":"eu-1a","version":"1.4.2","weight":10,' +
    '"tags":["canary"],"meta":{"commit":"abc"},"status":"warning","kind":"member","boot":"b1","by":"watcher-1"}'
  const { lines, refused } = read(`${fixed}\t{"load":0.31,"inflight":4}\n`)
  t.same(refused, [])
  t.equal(lines.length, 1)
  t.equal(lines[0]?.text, fixed)
  t.same(lines[0]?.dynamic, { load: 0.31, inflight: 4 })
  t.match(lines[0]?.provider, {
    service: 'web',
    id: 'web-1',
    protocol: 'http',
    host: '10.0.0.7',
    port: 8080,
    zone: 'eu-1a',
    version: '1.4.2',
    weight: 10,
    tags: ['canary'],
    meta: { commit: 'abc' },
    status: 'warning',
    kind: 'member',
    boot: 'b1',
    by: 'watcher-1',
  })
})

t.test('the short form has a dynamic part as well', async (t) => {
  t.same(read('web|tcp://a:1\t{"load":0.5}').lines[0]?.dynamic, { load: 0.5, inflight: undefined })
})

t.test('nothing, blank lines, and a list that ends with a newline are answers', async (t) => {
  t.same(read(''), { lines: [], refused: [] })
  t.same(read('\n \r\n'), { lines: [], refused: [] })
  t.equal(read('a|tcp://h:1\r\n\r\nb|tcp://h:2\r\n').lines.length, 2)
})

t.test('the NUL that ends a C string is not part of the answer', async (t) => {
  t.equal(read('web|tcp://h:1\0').lines[0]?.provider.port, 1)
})

t.test('a bad line is refused with its reason, and costs its neighbours nothing', async (t) => {
  const body = Buffer.concat([
    Buffer.from('a|tcp://h:1\n'),
    Buffer.from([0x62, 0x7c, 0xff, 0xfe, 0x0a]),
    Buffer.from('{"service":\n'),
    Buffer.from(`${'x'.repeat(answerLimits.maxLineBytes + 1)}\n`),
    Buffer.from('hello\n'),
    Buffer.from('c|tcp://h:99999\n'),
    Buffer.from('d|tcp://h:4\tnonsense\n'),
    Buffer.from('e|tcp://h:5'),
  ])
  const { lines, refused } = readAnswer(body)
  t.same(
    lines.map(({ provider }) => provider.service),
    ['a', 'd', 'e'],
  )
  t.same(
    refused.map(({ reason }) => reason),
    ['not-utf-8', 'not-json', 'line-too-long', 'no-known-form', 'bad-field', 'bad-dynamic-part'],
  )
})

t.test('names are lower-cased, and a dotted name is refused with its dashed form', async (t) => {
  t.equal(read('Web_1|tcp://h:1').lines[0]?.provider.service, 'web_1')
  t.match(refusal('my.web.app|tcp://h:1'), { reason: 'bad-field', detail: /use "my-web-app"/ })
  for (const name of ['', '-web', 'web-', 'a'.repeat(64), 'we b', 'wéb', '__proto__'])
    t.match(refusal(`${name}|tcp://h:1`), { reason: 'bad-field', detail: /service: .*is not a service name/ }, name)
})

t.test('an address has one spelling, and an empty host where the reader has to fill it in', async (t) => {
  const cases: readonly (readonly [string, string, string, number])[] = [
    ['TCP://Web.Local:80', 'tcp', 'web.local', 80],
    ['tcp://[2001:DB8:0:0::1]:80', 'tcp', '2001:db8::1', 80],
    ['tcp://[::ffff:10.0.0.7]:80', 'tcp', '10.0.0.7', 80],
    ['tls+tcp://10.0.0.7:65535', 'tls+tcp', '10.0.0.7', 65535],
    ['tcp://*:80', 'tcp', '', 80],
    ['tcp://:80', 'tcp', '', 80],
    ['tcp://0.0.0.0:80', 'tcp', '', 80],
    ['tcp://[::]:80', 'tcp', '', 80],
    ['tcp://[0:0:0:0:0:0:0:0]:80', 'tcp', '', 80],
  ]
  for (const [address, protocol, host, port] of cases)
    t.match(read(`web|${address}`).lines[0]?.provider, { protocol, host, port }, address)
})

t.test('an address that nobody could call is refused', async (t) => {
  const addresses = [
    'web',
    'tcp://h',
    'tcp://h:',
    'tcp://h:0',
    'tcp://h:65536',
    'tcp://h:1/',
    'tcp://u@h:1',
    'tcp://a b:1',
  ]
  addresses.push('tcp://::1:80', 'tcp://[fe80::1%eth0]:80', 'tcp://[web]:80', 'tcp://10.0.0.300:80', '://h:1', '')
  for (const address of addresses) t.match(refusal(`web|${address}`), { reason: 'bad-field' }, address)
})

t.test('unknown keys are ignored, and null is absent', async (t) => {
  const { lines } = read('{"service":"web","address":"tcp://h:1","shard":{"of":[3]},"zone":null,"tags":null,"id":null}')
  t.match(lines[0]?.provider, { service: 'web', zone: '', tags: [], id: undefined })
  t.notOk(lines[0] && 'shard' in lines[0].provider)
})

t.test('a field out of its range is refused by its name', async (t) => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ['service', 7],
    ['address', { host: 'h' }],
    ['id', 'two words'],
    ['id', ''],
    ['id', 'a\u202eb'],
    ['zone', 'a\nb'],
    ['weight', -1],
    ['weight', 1.5],
    ['weight', 70_000],
    ['weight', '10'],
    ['tags', 'canary'],
    ['tags', ['!canary']],
    ['tags', ['a,b']],
    ['meta', { commit: 7 }],
    ['meta', []],
    ['status', 'up'],
    ['kind', 'host'],
    ['boot', 7],
    ['by', ''],
  ]
  for (const [key, value] of wrong) {
    const line = JSON.stringify({ service: 'web', address: 'tcp://h:1', [key]: value })
    t.match(refusal(line), { reason: 'bad-field', detail: new RegExp(`^${key}`) }, line)
  }
})

t.test('a dynamic part that is wrong is refused, and its provider is here all the same', async (t) => {
  for (const dynamic of ['{"load":-1}', '{"load":"x"}', '{"inflight":1.5}', '[]', '7', '{', '{"load":1e999}']) {
    const { lines, refused } = read(`web|tcp://h:1\t${dynamic}`)
    t.match(refused, [{ reason: 'bad-dynamic-part' }], dynamic)
    t.match(lines, [{ provider: { service: 'web' }, dynamic: undefined }])
  }
  t.match(read('web|tcp://h:1\t{"load":3,"shard":1}'), { lines: [{ dynamic: { load: 1 } }], refused: [] })
  t.match(read('web|tcp://h:1\t'), { lines: [{ dynamic: undefined }], refused: [] })
})

t.test('JSON bombs are refused or ignored', async (t) => {
  const depth = 1900
  const nested = '['.repeat(depth) + ']'.repeat(depth)
  t.equal(read(`{"service":"web","address":"tcp://h:1","x":${nested}}`).lines.length, 1)
  t.match(refusal('{'.repeat(4000)), { reason: 'not-json' })
  t.match(refusal(`{"service":"web","address":"tcp://h:1","meta":{"${'k'.repeat(3000)}":"v"}}`), {
    reason: 'bad-field',
  })
  t.match(refusal(`{"service":"web","address":"tcp://h:1","weight":1${'0'.repeat(3000)}}`), { reason: 'bad-field' })
})

t.test('keys of the language itself change nothing', async (t) => {
  const line =
    '{"service":"web","address":"tcp://h:1","__proto__":{"zone":"x"},"constructor":1,"meta":{"__proto__":"x","toString":"y"}}'
  const { lines } = read(line)
  t.equal(lines[0]?.provider.zone, '')
  t.equal(lines[0]?.provider.meta['toString'], 'y')
  t.equal(Object.getPrototypeOf(lines[0]?.provider.meta), Object.prototype)
  t.equal(Reflect.get({}, 'zone'), undefined)
})

t.test('more lines than the limit are not read, and the first ones are', async (t) => {
  const line = 'web|tcp://h:1\n'
  const { lines, refused } = read(line.repeat(answerLimits.maxLines + 3))
  t.equal(lines.length, answerLimits.maxLines)
  t.match(refused, [{ reason: 'too-many-lines' }])
  t.same(read(line.repeat(answerLimits.maxLines)).refused, [])
})

t.test('more bytes than the limit are not read, and the whole lines before are', async (t) => {
  const line = `{"service":"web","address":"tcp://h:1","x":"${'x'.repeat(4000)}"}\n`
  const fitting = Math.floor(answerLimits.maxBytes / line.length)
  const { lines, refused } = read(line.repeat(fitting + 1))
  t.equal(lines.length, fitting)
  t.match(refused, [{ reason: 'answer-too-large' }])
  t.match(readAnswer(Buffer.alloc(answerLimits.maxBytes + 1, 'x')), {
    lines: [],
    refused: [{ reason: 'answer-too-large' }],
  })
})

t.test('what is shown of a refused line is short and has nothing that moves a terminal', async (t) => {
  const excerpt = refusal(`\u001b[2J${'x'.repeat(200)}`)?.excerpt
  t.match(excerpt, /^\\u001b\[2Jx{76}$/)
})

t.test('the cache tells lines of different bytes apart, valid text or not', async (t) => {
  const readOnce = createAnswerReader()
  const line = '{"service":"web","address":"tcp://h:1","zone":"\ufffd"}'
  t.equal(readOnce(Buffer.from(line)).lines[0]?.provider.zone, '\ufffd')
  t.match(readOnce(Buffer.from(line.replace('\ufffd', '\u00ff'), 'latin1')).refused, [{ reason: 'not-utf-8' }])
  t.equal(readOnce(Buffer.from(line)).lines.length, 1)
})

t.test('the same static bytes are parsed once, whatever follows the TAB', async (t) => {
  const readOnce = createAnswerReader()
  const first = readOnce(Buffer.from('web|tcp://h:1\t{"load":0.1}')).lines[0]
  const second = readOnce(Buffer.from('web|tcp://h:1\t{"load":0.2}')).lines[0]
  t.equal(first?.provider, second?.provider)
  t.same([first?.dynamic?.load, second?.dynamic?.load], [0.1, 0.2])
})

t.test('a cache that is full forgets, and the answers stay right', async (t) => {
  const readFew = createAnswerReader({ maxEntries: 4, maxBytes: 60 })
  for (let round = 0; round < 3; round += 1)
    for (let port = 1; port < 20; port += 1)
      t.equal(readFew(Buffer.from(`web|tcp://h:${port}`)).lines[0]?.provider.port, port)
})

const provider: ProviderLine = {
  service: 'web',
  id: 'web-1',
  protocol: 'http',
  host: '2001:db8::1',
  port: 8080,
  zone: 'eu "1a"',
  version: '1.4.2',
  weight: 0,
  tags: ['a', 'b'],
  meta: { commit: 'ünï' },
  status: 'draining',
  kind: 'topic',
  boot: 'b1',
  by: 'w1',
}

t.test('a line that was written is read as it was', async (t) => {
  const dynamic = { load: 0.31, inflight: 4 }
  t.match(read(formatLine({ provider, dynamic })).lines[0], { provider, dynamic })
  const plain = { ...provider, host: '', zone: '', tags: [], meta: {}, by: undefined }
  t.match(read(formatLine({ provider: plain })), { lines: [{ provider: plain, dynamic: undefined }], refused: [] })
})

t.test('a line over the limit is not written', async (t) => {
  t.throws(() => formatLine({ provider: { ...provider, meta: { a: 'x'.repeat(4096) } } }), { code: 'ANSWER_TOO_LARGE' })
})
