// The routes of the HTTP door in its own form, each a view of the reader. Promises the codes and statuses of DESIGN.md sections 4 and 5;
// leaves the server itself and everything that matches no route to http-app.ts.

import { z } from 'zod'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { filterSchema, toFilter } from '../choice-filter.ts'
import { readDurationMs } from '../duration.ts'
import { createRefusal, createTooManyWatchers, createWarmingUp } from '../problem.ts'
import {
  healthAnswer,
  indexAnswer,
  instancesAnswer,
  providerAnswer,
  readyAnswer,
  roundsAnswer,
  servicesAnswer,
} from './answer-schemas.ts'
import type { Scope } from './change-fan.ts'
import { docsPolicy, writeDocsPage } from './docs-page.ts'
import { createEntityTag, isHeldByClient } from './entity-tag.ts'
import { countInstances, describeInstance, writeProvider } from './instance-json.ts'
import type { AddedRoute } from './openapi.ts'
import type { Page } from './page.ts'
import { wantsPage } from './page.ts'
import { createHeaders, sendJson, sendList, sendProblem, sendText } from './respond.ts'
import type { RouteContext } from './route.ts'
import { addNamedRoute, addRoute } from './route.ts'

const wait = z
  .string('wait is given more than once')
  .meta({ description: 'a duration such as 30s: with `If-None-Match`, how long to wait for another list; 10m at most' })
  .transform((text, context) => {
    const waitMs = readDurationMs(text)
    if (waitMs === undefined) context.addIssue('wait is not a duration such as 30s or 500ms')
    return waitMs ?? 0
  })
  .exactOptional()

const noParameters = z.strictObject({})
const listParameters = z.strictObject({ wait })
const instanceParameters = z
  .strictObject({
    dynamic: z
      .enum(['true', 'false'], { error: 'dynamic is either true or false' })
      .meta({ description: 'true adds load and what is in flight' })
      .exactOptional(),
    wait,
  })
  .refine(
    (query) => query.wait === undefined || query.dynamic !== 'true',
    'wait is for changes, and load is none: ask for one of wait and dynamic',
  )

export function addLookupRoutes(context: RouteContext): void {
  const { reader, dateMs } = context

  addNamedRoute(
    context,
    '/resolve/:service',
    {
      chapter: 'lookup',
      summary: 'one live provider of the name; ?zone= ?near= ?tag= ?version= narrow it',
      description: 'At random by weight among the best that are there. What moves all the time is not told.',
      query: filterSchema,
      answer: { description: 'the provider, as it says of itself', schema: providerAnswer },
      problems: ['BAD_NAME', 'BAD_QUERY', 'UNKNOWN_SERVICE', 'NO_MATCH', 'NONE_PASSING', 'WARMING_UP'],
    },
    (_request, reply, query, service) => {
      const choice = reader.lookup(service, toFilter(query))
      if (choice.outcome === 'PROVIDER') return sendText(reply, reader, writeProvider(choice.instance))
      return sendProblem(reply, reader, createRefusal(service, choice))
    },
  )

  addRoute(
    context,
    '/services',
    {
      chapter: 'lookup',
      summary: 'the names on the roll; ?wait= waits for a change',
      description:
        'With an ETag over what providers say of themselves; 304 where `If-None-Match` has it, with `wait` once that time is over.',
      query: listParameters,
      answer: { description: 'every name, with how many are alive and suspect', schema: servicesAnswer },
      problems: ['BAD_QUERY', 'WARMING_UP', 'TOO_MANY_WATCHERS'],
    },
    (request, reply, query) => {
      const send = () => {
        const services = reader.services()
        if (services.length === 0 && !reader.isReady) {
          return sendProblem(reply, reader, createWarmingUp(reader.retryAfterMs))
        }
        return sendList(request, reply, reader, reader.changes.serviceSequence, () => ({
          isComplete: reader.isReady,
          services: services.map((service) => ({ service, ...countInstances(reader.instances(service)) })),
        }))
      }
      return sendChanged(context, { request, reply, scope: undefined, waitMs: query.wait, send })
    },
  )

  addNamedRoute(
    context,
    '/services/:service',
    {
      chapter: 'lookup',
      summary: 'every instance of the name with its state; ?wait= waits for a change, ?dynamic=true adds load',
      description:
        'With an ETag as `/services` has it, and without one where load is asked for. A name that nobody has has one too, to wait with.',
      query: instanceParameters,
      answer: { description: 'the instances in stable order', schema: instancesAnswer },
      problems: ['BAD_NAME', 'BAD_QUERY', 'UNKNOWN_SERVICE', 'WARMING_UP', 'TOO_MANY_WATCHERS'],
    },
    (request, reply, query, service) => {
      const withDynamic = query.dynamic === 'true'
      const send = () => {
        const instances = reader.instances(service)
        if (instances.length === 0) return sendNobody(context, reply, service)
        const createBody = () => {
          const options = { nowMs: reader.nowMs(), dateMs: dateMs(), withDynamic }
          const described = instances.map((instance) => describeInstance(instance, options))
          return { service, isComplete: reader.isReady, instances: described }
        }
        // Load moves all the time and no change is made for it: whoever asks for it gets it, never a 304.
        if (withDynamic) return sendJson(reply, reader, createBody())
        return sendList(request, reply, reader, reader.changes.sequenceOf(service), createBody)
      }
      return sendChanged(context, { request, reply, scope: service, waitMs: query.wait, send })
    },
  )
}

interface ChangedList {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly scope: Scope
  readonly waitMs: number | undefined
  readonly send: () => FastifyReply
}

/** Sends at once what the client does not hold; what it holds, once that is another list or the wait is over. */
function sendChanged(
  { reader, fan, waits }: RouteContext,
  { request, reply, scope, waitMs, send }: ChangedList,
): FastifyReply | Promise<FastifyReply> {
  if (waitMs === undefined || !reader.isReady) return send()
  const sequence = fan.sequenceOf(scope)
  const tag = createEntityTag({ epoch: reader.changes.epoch, sequence })
  if (!isHeldByClient(request.headers['if-none-match'], tag)) return send()
  if (fan.isFull) return sendProblem(reply, reader, createTooManyWatchers())
  return waits.untilChanged(scope, sequence, waitMs, reply).then((isWanted) => (isWanted ? send() : reply.hijack()))
}

/** With the tag of what is known of the name, so that a client can wait for somebody to come. */
function sendNobody({ reader }: RouteContext, reply: FastifyReply, service: string): FastifyReply {
  const { isReady, changes, retryAfterMs } = reader
  if (!isReady) return sendProblem(reply, reader, createRefusal(service, { outcome: 'WARMING_UP', retryAfterMs }))
  reply.header('etag', createEntityTag({ epoch: changes.epoch, sequence: changes.sequenceOf(service) }))
  return sendProblem(reply, reader, createRefusal(service, { outcome: 'UNKNOWN_SERVICE' }))
}

export function addDaemonRoutes(context: RouteContext): void {
  const { app, reader, waits, watchDoor } = context

  addRoute(
    context,
    '/rounds',
    {
      chapter: 'daemon',
      summary: 'the last 100 rounds: who was asked, who answered, who did not',
      query: noParameters,
      answer: { description: 'the rounds, oldest first', schema: roundsAnswer },
      problems: ['BAD_QUERY'],
    },
    (_request, reply) => sendJson(reply, reader, { rounds: reader.rounds() }),
  )

  // The next three are asked by probes and people: no parameter can make them fail.
  const health = {
    chapter: 'daemon',
    summary: 'how this daemon is; 200 while it works',
    answer: { description: 'its state, with counts and what was dropped and refused', schema: healthAnswer },
  } as const
  app.get('/health', { config: { about: health } }, (_request, reply) => {
    return sendJson(reply, reader, { ...reader.health(), watch: { ...watchDoor.counts, waiting: waits.size } })
  })

  const ready = {
    chapter: 'daemon',
    summary: '200 once it knows who is here, 503 until then',
    answer: { description: 'it knows enough to say "nobody"', schema: readyAnswer },
    problems: ['WARMING_UP'],
  } as const
  app.get('/ready', { config: { about: ready } }, (_request, reply) => {
    if (!reader.isReady) return sendProblem(reply, reader, createWarmingUp(reader.retryAfterMs))
    return sendJson(reply, reader, { isReady: true, round: reader.round })
  })
}

/** What tells of the routes: for a look, for programs, for people. */
export function addDocsRoutes({ app, reader }: RouteContext, routes: readonly AddedRoute[], page: Page): void {
  const version = () => reader.health().version

  const index = {
    chapter: 'daemon',
    summary: 'this list; the page where HTML is asked for, as browsers do',
    answer: { description: 'every route with what it gives', schema: indexAnswer },
  } as const
  app.get('/', { config: { about: index } }, (request, reply) => {
    reply.header('vary', 'Accept, Origin')
    if (wantsPage(request.headers)) return page.send(request, reply)
    const summaries = Object.fromEntries(routes.map(({ path, about }) => [path, about.summary]))
    return sendJson(reply, reader, { name: 'rollcall', version: version(), routes: summaries })
  })

  const openApi = {
    chapter: 'daemon',
    summary: 'the routes by OpenAPI 3.1',
    answer: { description: 'an OpenAPI document' },
  } as const
  let document: string | undefined
  app.get('/openapi.json', { config: { about: openApi } }, (_request, reply) => {
    document ??= JSON.stringify(app.swagger())
    return sendText(reply, reader, document)
  })

  const docs = {
    chapter: 'daemon',
    summary: 'the routes for people',
    answer: { description: 'a page', contentType: 'text/html' },
  } as const
  let docsPage: string | undefined
  app.get('/docs', { config: { about: docs } }, (_request, reply) => {
    docsPage ??= writeDocsPage(routes, version())
    const own = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': docsPolicy }
    return reply.headers({ ...createHeaders(reader), ...own }).send(docsPage)
  })
}
