import { Agent, request as sendRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import type { HTTPMethods } from 'fastify'
import t from 'tap'
import { createHttpApp } from '../../../../discovery/lookup/http/http-app.ts'
import { openHttpDoor } from '../../../../discovery/lookup/http/http-door.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'

const roll = createFakeRoll([createInstance({ service: 'web' })])

const piece = fc.oneof(
  fc.constantFrom(
    'resolve',
    'services',
    'rounds',
    'health',
    'ready',
    'watch',
    'web',
    'WEB',
    'nobody',
    'a.b',
    '',
    '.',
    '..',
    '*',
  ),
  fc.constantFrom(
    '%',
    '%ff',
    '%00',
    '%2F',
    '%2e%2e',
    '__proto__',
    'constructor',
    ':service',
    'a'.repeat(300),
    '\\',
    ';',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).map(encodeURIComponent),
  fc.string({ maxLength: 12 }),
)

const path = fc.oneof(
  fc.array(piece, { maxLength: 4 }),
  piece.map((name) => ['resolve', name]),
  fc.constant(['resolve', 'web']),
  piece.map((name) => ['services', name]),
  piece.map((name) => ['watch', name]),
  fc.constant(['watch']),
  fc
    .tuple(
      fc.constantFrom('catalog/service', 'health/service', 'health/checks', 'health/state', 'agent/service', 'kv'),
      fc.oneof(fc.constantFrom('web', 'any', 'critical'), piece),
    )
    .map(([route, name]) => ['v1', route, name]),
  fc.constantFrom('catalog/services', 'catalog/nodes', 'agent/self').map((route) => ['v1', route]),
)

/** Of Consul's filter expressions, in an order that seldom makes sense. */
const expression = fc
  .array(
    fc.constantFrom(
      'Service.Tags',
      'Service.Meta.zone',
      'not',
      'and',
      'or',
      'in',
      '(',
      ')',
      '==',
      '!=',
      'is',
      'empty',
      'contains',
      '"a"',
      '`',
      '"',
    ),
    { maxLength: 6 },
  )
  .map((words) => encodeURIComponent(words.join(' ')))

const parameter = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(
        'zone',
        'near',
        'tag',
        'version',
        'dynamic',
        'wait',
        'lastEventId',
        'filter',
        'passing',
        'index',
        'dc',
        'Zone',
        '__proto__',
        'tag[]',
        '',
      ),
      piece,
    ),
    fc.oneof(
      fc.constantFrom(
        'eu-1a',
        '!',
        '!a,b',
        '^1',
        '>=1%20<2',
        '1.x||2',
        'true',
        'false',
        '1ms',
        '0',
        'e7-4',
        ',',
        '%ff',
        '%',
      ),
      piece,
      expression,
    ),
    fc.constantFrom('=', '', '==', '&'),
  )
  .map(([key, value, joint]) => `${key}${joint}${value}`)

const url = fc
  .tuple(path, fc.option(fc.array(parameter, { maxLength: 4 }), { nil: undefined }))
  .map(([pieces, query]) => `/${pieces.join('/')}${query === undefined ? '' : `?${query.join('&')}`}`)

const method = fc.oneof(
  { weight: 2, arbitrary: fc.constant<HTTPMethods>('GET') },
  fc.constantFrom<HTTPMethods>('HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY', 'PURGE', 'PROPFIND'),
)

const headers = fc.record(
  {
    'if-none-match': fc.oneof(fc.constantFrom('*', 'W/"e7-4"', '"', 'W/', '"a", "b'), fc.string({ maxLength: 8 })),
    'content-type': fc.constantFrom('application/json', 'text/plain', 'x', '', 'a/b; charset="'),
    'last-event-id': fc.constantFrom('e7-4', 'e7-', '-', 'x'),
    'accept-version': fc.constantFrom('1.0', '*'),
  },
  { requiredKeys: [] },
)

const payload = fc.option(fc.string({ maxLength: 20 }), { nil: undefined })

interface Reply {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** All of it, or of a stream of events, which has no end, the first. */
async function readText(reply: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of reply) {
    text += String(chunk)
    if (isStream(reply) && text.includes('\n\n')) break
  }
  return text
}

function isStream({ headers: given }: IncomingMessage): boolean {
  return given['content-type']?.startsWith('text/event-stream') ?? false
}

/** Throws for a reply that a client could not rely on; fast-check then names the request. */
function check({ status, headers: given, text }: Reply, sent: string): void {
  if (status === undefined || ![200, 304, 400, 404, 405].includes(status)) throw new Error(`${status} ${text}`)
  if (given['rollcall-round'] !== '12') throw new Error(`no round in the headers of ${status}`)
  if (status < 400 || sent === 'HEAD') return
  const { code, message, ...rest } = JSON.parse(text)
  if (!/^[A-Z_]+$/.test(code) || typeof message !== 'string' || message === '' || Object.keys(rest).length > 0) {
    throw new Error(`not a refusal: ${text}`)
  }
}

t.test('no request makes the door fail, and every refusal is told in its words', async (t) => {
  const app = createHttpApp({ reader: roll })
  t.teardown(() => app.close())
  await app.ready()
  const seen = new Map<number, number>()
  const seenOfConsul = new Set<number>()
  // The injection reads a URL as browsers do, and cannot send what they would not.
  const sendable = url.filter((text) => URL.canParse(text, 'http://localhost') && !text.startsWith('//'))
  const request = fc.record({ method, url: sendable, headers, payload })

  await fc.assert(
    fc.asyncProperty(request, async ({ payload: body, ...rest }) => {
      // Nobody can leave an injected stream, which has no end; its headers are told without it.
      const isEndless = rest.method === 'GET' && new URL(rest.url, 'http://localhost').pathname.startsWith('/watch')
      const sent = isEndless ? 'HEAD' : rest.method
      const reply = await app.inject({ ...rest, method: sent, ...(body !== undefined && { payload: body }) })
      seen.set(reply.statusCode, (seen.get(reply.statusCode) ?? 0) + 1)
      if (rest.url.startsWith('/v1/')) seenOfConsul.add(reply.statusCode)
      check({ status: reply.statusCode, headers: reply.headers, text: reply.body }, sent)
    }),
    {
      numRuns: 30_000,
      // Chance alone does not always hit a list by a tag that is held.
      examples: [[{ method: 'GET', url: '/services', headers: { 'if-none-match': '*' }, payload: undefined }]],
    },
  )
  for (const status of [200, 304, 400, 404, 405]) t.ok(seen.get(status), `some were answered with ${status}`)
  for (const status of [200, 400, 404, 405]) t.ok(seenOfConsul.has(status), `some of Consul with ${status}`)
})

t.test('nor does one that no browser would send, over a real connection', async (t) => {
  const door = await openHttpDoor({ reader: roll, host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(async () => {
    agent.destroy()
    await door.close()
  })
  // What Node refuses to send is no request either.
  const raw = url.filter((text) => !/[^\u0021-\u00ff]/.test(text))

  let streams = 0

  await fc.assert(
    fc.asyncProperty(raw, method, async (text, sent) => {
      const reply = await new Promise<IncomingMessage>((resolve, reject) => {
        sendRequest(door.url, { path: text, method: sent, agent }, resolve).on('error', reject).end()
      })
      const body = await readText(reply)
      if (reply.statusCode === 200 && isStream(reply)) streams += 1
      check({ status: reply.statusCode, headers: reply.headers, text: body }, sent)
    }),
    { numRuns: 3_000 },
  )
  t.equal((await fetch(`${door.url}/resolve/web`)).status, 200)
  t.ok(streams > 20, `${streams} streams were opened`)
  let watchers = -1
  while (watchers !== 0) watchers = Object(await (await fetch(`${door.url}/health`)).json()).watch.watchers
})
