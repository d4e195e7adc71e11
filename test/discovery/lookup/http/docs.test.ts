// What is told of the routes is what they are: every path, every parameter as it is checked, every answer as it is given.

import t from 'tap'
import type { Test } from 'tap'
import { z } from 'zod'
import { filterNames } from '../../../../discovery/lookup/choice-filter.ts'
import {
  healthAnswer,
  indexAnswer,
  instancesAnswer,
  problemAnswer,
  providerAnswer,
  readyAnswer,
  roundsAnswer,
  servicesAnswer,
} from '../../../../discovery/lookup/http/answer-schemas.ts'
import { createHttpApp } from '../../../../discovery/lookup/http/http-app.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'

const roll = createFakeRoll([createInstance({ service: 'web', tags: ['canary'], meta: { commit: 'abc' }, load: 0.5 })])
roll.state.rounds = [
  {
    round: 12,
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 4,
    asked: null,
    answered: 1,
    missing: ['web/web-2'],
    late: 0,
    endedBy: 'deadline',
    isLagged: false,
  },
]

const openApiSchema = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.literal('Rollcall'), version: z.string() }),
  paths: z.record(
    z.string(),
    z.object({
      get: z.object({
        summary: z.string().min(1),
        tags: z.array(z.string()).length(1),
        parameters: z.array(z.object({ name: z.string(), in: z.enum(['query', 'path']) })).default([]),
        responses: z.record(
          z.string(),
          z.object({ description: z.string().min(1), content: z.record(z.string(), z.any()) }),
        ),
      }),
    }),
  ),
})

function open(test: Test) {
  const app = createHttpApp({ reader: roll })
  test.teardown(() => app.close())
  return {
    get: (url: string) => app.inject(url),
    head: (url: string) => app.inject({ method: 'HEAD', url }),
    openApi: async () => openApiSchema.parse((await app.inject('/openapi.json')).json()),
  }
}

t.test('the index, the OpenAPI document and the page name the same routes, each of which is there', async (t) => {
  const door = open(t)
  const { routes } = indexAnswer.parse((await door.get('/')).json())
  const { paths } = await door.openApi()
  const page = (await door.get('/docs')).body
  t.ok(Object.keys(routes).length >= 9)
  t.same(
    Object.keys(paths).toSorted(),
    Object.keys(routes)
      .map((path) => path.replace(/:(\w+)/, '{$1}'))
      .toSorted(),
  )
  for (const [path, summary] of Object.entries(routes)) {
    const url = path.replace(':service', 'web').replace(':state', 'any')
    // A stream has no end, and its headers say all.
    t.equal((await (path.startsWith('/watch') ? door.head(url) : door.get(url))).statusCode, 200, path)
    t.equal(paths[path.replace(/:(\w+)/, '{$1}')]?.get.summary, summary)
    t.ok(page.includes(path), path)
  }
})

t.test('every parameter is told of, and no other is accepted', async (t) => {
  const { paths } = await open(t).openApi()
  const parametersOf = (path: string) =>
    paths[path]?.get.parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
  t.same(parametersOf('/resolve/{service}')?.toSorted(), [
    'path service',
    ...filterNames.map((name) => `query ${name}`).toSorted(),
  ])
  t.same(parametersOf('/services/{service}')?.toSorted(), ['path service', 'query dynamic', 'query wait'])
  t.same(parametersOf('/services'), ['query wait'])
  t.same(parametersOf('/rounds'), [])
})

t.test('every status of a route is told of, with the codes it stands for', async (t) => {
  const { paths } = await open(t).openApi()
  const responses = paths['/resolve/{service}']?.get.responses ?? {}
  t.same(Object.keys(responses), ['200', '400', '404', '503'])
  t.equal(responses['404']?.description, 'UNKNOWN_SERVICE, NO_MATCH')
})

t.test('what is answered is what the schemas say, to the last field', async (t) => {
  const door = open(t)
  const answers = new Map<string, z.ZodType>([
    ['/resolve/web', providerAnswer],
    ['/services', servicesAnswer],
    ['/services/web', instancesAnswer],
    ['/services/web?dynamic=true', instancesAnswer],
    ['/rounds', roundsAnswer],
    ['/health', healthAnswer],
    ['/ready', readyAnswer],
    ['/', indexAnswer],
    ['/resolve/nobody', problemAnswer],
  ])
  for (const [path, schema] of answers) {
    const body: unknown = (await door.get(path)).json()
    t.same(schema.parse(body), body, path)
  }
})

t.test('the page has no script and may ask nobody for anything', async (t) => {
  const { headers, body } = await open(t).get('/docs')
  t.equal(headers['content-type'], 'text/html; charset=utf-8')
  t.match(headers['content-security-policy'], /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+';/)
  t.notMatch(body, /<script|style=|src=|https?:\/\//i)
  for (const [, target] of body.matchAll(/href="([^"]*)"/g)) t.match(target, /^\//)
  t.match(body, 'zone')
  t.match(body, 'instances[].lastAnswerAt')
})
