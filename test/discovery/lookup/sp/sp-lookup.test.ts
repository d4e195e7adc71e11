import fc from 'fast-check'
import t from 'tap'
import { systemClock } from '../../../../messaging/sp/clock.ts'
import { createFeed } from '../../../../discovery/lookup/sp/feed.ts'
import { createSpLookup } from '../../../../discovery/lookup/sp/sp-lookup.ts'
import { readAnswer } from '../../../../messaging/roll/answer.ts'
import { createSpEngine } from '../../../../messaging/sp/engines/sp.ts'
import type { Pipe } from '../../../../messaging/sp/engine.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'
import type { FakeRoll } from '../../../fixtures/roll-reader.ts'

const pipe: Pipe = {
  id: 1,
  local: undefined,
  remote: undefined,
  isMany: false,
  identity: undefined,
  priority: 8,
  close: () => undefined,
}

function createAsker(roll: FakeRoll) {
  const handler = createSpLookup(roll, createFeed(roll, systemClock))
  return async (question: string | Uint8Array, from: Pipe | undefined = pipe): Promise<string> => {
    const context = { pipe: from, signal: new AbortController().signal }
    return Buffer.from((await handler(Buffer.from(question), context)) ?? []).toString()
  }
}

function pick(from: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)))
}

const web = createInstance({ service: 'web', zone: 'eu-1a', tags: ['canary'] })

t.test('resolve gives the name and the address of one provider', async (t) => {
  const ask = createAsker(createFakeRoll([web]))
  t.equal(await ask('resolve web'), 'web|tcp://10.0.0.7:8080')
  t.equal(await ask('  resolve\tWEB \n'), 'web|tcp://10.0.0.7:8080')
  t.equal(await ask('resolve web\0'), 'web|tcp://10.0.0.7:8080', 'with the NUL that ends a string in C')
})

t.test('the door answers REQ sockets, and hints are kept apart by their connections', async (t) => {
  const roll = createFakeRoll([web])
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const { address } = await engine.listen(
    'tcp://127.0.0.1:0',
    engine.createReplier(createSpLookup(roll, createFeed(roll, systemClock))),
  )
  for (let at = 0; at < 2; at += 1) {
    const requester = engine.createRequester()
    engine.dial(address, requester)
    const request = async (text: string) => String(await requester.request(Buffer.from(text), { timeoutMs: 20_000 }))
    t.equal(await request('resolve web'), 'web|tcp://10.0.0.7:8080')
    t.equal(await request('ask web-1'), 'ok')
    t.match(await request('bye'), /^error unknown-verb /)
  }
  t.equal(new Set(roll.asks.map(({ askedBy }) => askedBy)).size, 2)
})

t.test('resolve takes the filters of the other doors', async (t) => {
  const roll = createFakeRoll([web])
  const ask = createAsker(roll)
  await ask('resolve web zone=eu-1a near=eu-1b tag=canary,!old tag=blue version=>=1.4')
  const filter = { zone: 'eu-1a', near: 'eu-1b', tags: ['canary', '!old', 'blue'], version: '>=1.4' }
  t.same(roll.lookups, [{ service: 'web', filter }])
})

t.test('nobody to hand out is one line with the code and a sentence', async (t) => {
  const roll = createFakeRoll()
  const ask = createAsker(roll)
  t.match(await ask('resolve web'), /^error unknown-service [^\n]*"web"[^\n]*$/)
  roll.state.outcomes.set('web', { outcome: 'NO_MATCH' })
  t.match(await ask('resolve web'), /^error no-match [^\n]+$/)
  roll.state.outcomes.set('web', { outcome: 'NONE_PASSING' })
  t.match(await ask('resolve web'), /^error none-passing [^\n]+$/)
  roll.state.outcomes.set('web', { outcome: 'WARMING_UP', retryAfterMs: 100 })
  t.match(await ask('resolve web'), /^error warming-up [^\n]+$/)
})

t.test('a question that cannot be understood is told why', async (t) => {
  const roll = createFakeRoll([web])
  const ask = createAsker(roll)
  const cases: [string | Uint8Array, RegExp][] = [
    ['', /^error unknown-verb .*resolve, services, ask, follow, help$/],
    ['register web tcp://1.2.3.4:5', /^error unknown-verb "register"/],
    ['toString', /^error unknown-verb "toString"/],
    ['RESOLVE web', /^error unknown-verb "RESOLVE"/],
    ['x'.repeat(500), /^error unknown-verb "x{80}…"/],
    ['resolve', /^error bad-query usage: resolve NAME/],
    ['resolve web.shop', /^error bad-name .*web-shop/],
    ['resolve web colour=red', /^error bad-query unknown parameter "colour"; accepted: zone, near, tag, version$/],
    ['resolve web canary', /^error bad-query unknown parameter "canary"/],
    ['resolve web __proto__=1', /^error bad-query unknown parameter "__proto__"/],
    ['resolve web zone=', /^error bad-query zone is empty$/],
    ['resolve web zone=a zone=b', /^error bad-query zone is given more than once$/],
    ['services web more', /^error bad-query usage: services/],
    ['services web.shop', /^error bad-name/],
    ['ask', /^error bad-query usage: ask/],
    ['ask a b', /^error bad-query usage: ask/],
    [Buffer.from([0x72, 0xff, 0xfe]), /^error bad-request .*UTF-8$/],
    [`resolve ${'a'.repeat(5000)}`, /^error bad-request .*4096 bytes$/],
  ]
  for (const [question, answer] of cases) t.match(await ask(question), answer, String(question).slice(0, 40))
  t.same(roll.lookups, [])
  t.same(roll.asks, [])
})

t.test('help names every verb, and every verb it names is one', async (t) => {
  const ask = createAsker(createFakeRoll([web]))
  const lines = (await ask('help')).split('\n')
  t.same(
    lines.map((line) => line.split(' ')[0]?.replace(':', '')),
    ['resolve', 'services', 'ask', 'follow', 'help'],
  )
  for (const line of lines) t.notMatch(await ask(line.split(/[ :]/)[0] ?? ''), /unknown-verb/)
})

t.test(
  'services gives lines that whoever reads answers can read, with everything a provider says of itself',
  async (t) => {
    const roll = createFakeRoll([
      createInstance({
        service: 'answer',
        id: 'answer-1',
        zone: 'eu-1a',
        version: '1.4.2',
        weight: 10,
        tags: ['canary'],
      }),
      createInstance({
        service: 'answer',
        id: 'answer-1~2',
        status: 'draining',
        state: 'suspect',
        meta: { commit: 'abc' },
      }),
      createInstance({
        service: 'web',
        protocol: 'http',
        host: 'fd00::7',
        address: 'http://[fd00::7]:8080',
        by: 'watcher-1',
      }),
      createInstance({ service: 'web', id: 'peer', kind: 'member' }),
    ])
    const ask = createAsker(roll)
    const all = readAnswer(Buffer.from(await ask('services')))
    t.same(all.refused, [])
    const described = all.lines.map(({ provider }) => ({ ...provider, boot: undefined }))
    const fields = Object.keys(described[0] ?? {})
    const expected = roll.state.instances.filter(({ kind }) => kind === 'service')
    t.same(
      described,
      expected.map((instance) => pick({ ...instance, boot: undefined }, fields)),
    )

    const named = readAnswer(Buffer.from(await ask('services WEB')))
    t.same(
      named.lines.map(({ provider }) => provider.id),
      ['web-1'],
    )
    t.match(await ask('services nobody'), /^error unknown-service /)
    roll.state.instances = []
    t.equal(await ask('services'), '', 'an empty roll is no line at all')
  },
)

t.test('a provider whose line became too long to repeat is told without its tags, and costs nobody else', async (t) => {
  const meta = Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`note-${at}`, 'n'.repeat(1000)]))
  const ask = createAsker(createFakeRoll([createInstance({ service: 'answer', meta, tags: ['a'] }), web]))
  const { lines, refused } = readAnswer(Buffer.from(await ask('services')))
  t.same(refused, [])
  t.match(
    lines.map(({ provider }) => provider),
    [
      { service: 'answer', meta: {}, tags: [] },
      { service: 'web', tags: ['canary'] },
    ],
  )
})

t.test('a hint is kept against the pipe that it came by', async (t) => {
  const roll = createFakeRoll([web])
  const ask = createAsker(roll)
  const other = { ...pipe, id: 2 }
  t.equal(await ask('ask web-1'), 'ok')
  t.equal(await ask('ask web-1', other), 'ok')
  t.same(
    roll.asks.map(({ id }) => id),
    ['web-1', 'web-1'],
  )
  t.equal(roll.asks[0]?.askedBy, pipe)
  t.equal(roll.asks[1]?.askedBy, other)
  roll.state.askOutcome = 'LIMITED'
  t.match(await ask('ask web-1'), /^error limited [^\n]+$/)
  roll.state.askOutcome = 'NOBODY'
  t.match(await ask('ask Web-9'), /^error unknown-id .*"Web-9"$/)
})

t.test(
  'while the daemon does not know the whole roll, its lists are refused and its providers handed out',
  async (t) => {
    const roll = createFakeRoll([web])
    roll.state.isReady = false
    const ask = createAsker(roll)
    t.match(await ask('services'), /^error warming-up /)
    t.match(await ask('services web'), /^error warming-up /)
    t.equal(await ask('resolve web'), 'web|tcp://10.0.0.7:8080')
  },
)

t.test('a list that fits into no answer is refused with another way to get it', async (t) => {
  const roll = createFakeRoll()
  const ask = createAsker(roll)
  roll.state.instances = Array.from({ length: 4001 }, (_, at) => createInstance({ service: 'web', id: `web-${at}` }))
  t.match(await ask('services'), /^error too-large 4001 providers .*`services NAME`/)
  t.match(await ask('services web'), /^error too-large .*over HTTP$/)
  const meta = { note: 'n'.repeat(600) }
  roll.state.instances = roll.state.instances.slice(0, 3000).map((instance) => ({ ...instance, meta }))
  t.match(await ask('services'), /^error too-large 3000 providers/)
  roll.state.instances = roll.state.instances.slice(0, 1000)
  t.equal((await ask('services')).split('\n').length, 1000)
})

t.test('whatever is asked, there is one answer, and an error is one line', async () => {
  const ask = createAsker(createFakeRoll([web]))
  const word = fc.oneof(
    fc.constantFrom(
      'resolve',
      'services',
      'ask',
      'help',
      'web',
      'web-1',
      'zone=',
      'tag=',
      '=',
      '\0',
      '\n',
      '!',
      '__proto__',
    ),
    fc.string({ unit: 'binary' }),
  )
  const question = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.array(word, { maxLength: 6 }).map((words) => Buffer.from(words.join(' '))),
  )
  await fc.assert(
    fc.asyncProperty(question, async (bytes) => {
      const answer = await ask(bytes)
      return !answer.startsWith('error') || /^error [a-z]+(-[a-z]+)* [^\n\r\0]+$/.test(answer)
    }),
    { numRuns: 5000 },
  )
})
