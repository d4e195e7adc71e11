// The routes of the watch: streams of server-sent events. Promises the headers of every response, and refusals as everywhere else.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { createTooManyWatchers } from '../../problem.ts'
import type { Scope } from '../change-fan.ts'
import { createHeaders, sendProblem } from '../respond.ts'
import type { RouteContext } from '../route.ts'
import { addNamedRoute, addRoute } from '../route.ts'
import { readPosition } from './event-text.ts'

const parameters = z.strictObject({
  lastEventId: z
    .string('lastEventId is given more than once')
    .meta({ description: 'as the header `Last-Event-ID`, for those who cannot send one' })
    .exactOptional(),
})

const description =
  'Events `snapshot`, `joined`, `updated`, `suspected`, `recovered`, `draining`, `left` and `knowledge`; each has a position, from ' +
  'which `Last-Event-ID` resumes.'

const answer = { description: 'the events, without end', contentType: 'text/event-stream' }

export function addWatchRoutes(context: RouteContext): void {
  const { reader, fan, watchDoor } = context

  function open(
    request: FastifyRequest,
    reply: FastifyReply,
    { lastEventId }: z.output<typeof parameters>,
    scope: Scope,
  ): FastifyReply {
    if (fan.isFull) return sendProblem(reply, reader, createTooManyWatchers())
    reply.headers({
      ...createHeaders(reader),
      'content-type': 'text/event-stream; charset=utf-8',
      // Proxies that gather what they pass on are told not to; and nothing follows on the connection.
      'x-accel-buffering': 'no',
      connection: 'close',
    })
    if (request.method === 'HEAD') return reply.send()
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value)
    }
    reply.hijack()
    reply.raw.writeHead(200)
    // A browser that comes back sends the header, beside the parameter that it began with.
    const held = [request.headers['last-event-id']].flat().at(-1) ?? lastEventId
    watchDoor.open(scope, held === undefined ? undefined : readPosition(held), reply.raw)
    return reply
  }

  addRoute(
    context,
    '/watch',
    {
      chapter: 'watch',
      summary: 'who is here and then every change, as server-sent events; Last-Event-ID resumes',
      description,
      query: parameters,
      answer,
      problems: ['BAD_QUERY', 'TOO_MANY_WATCHERS'],
    },
    (request, reply, query) => open(request, reply, query, undefined),
  )

  addNamedRoute(
    context,
    '/watch/:service',
    {
      chapter: 'watch',
      summary: 'the same for one name',
      description,
      query: parameters,
      answer,
      problems: ['BAD_NAME', 'BAD_QUERY', 'TOO_MANY_WATCHERS'],
    },
    (request, reply, query, service) => open(request, reply, query, service),
  )
}
