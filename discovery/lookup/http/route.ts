// How a route of the HTTP door is declared: its path, what it is about, and a handler. What it is about is what `GET /`, /openapi.json
// and /docs tell of it, and the schemas in it are those that check what comes in. A route in another form than ours (another system's
// API, a page) is added with Fastify's own `app.get(path, { config: { about } }, handler)`, and checks its input itself.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { readServiceName } from '../../../messaging/roll/name.ts'
import type { Parameters } from '../choice-filter.ts'
import { readStrictly } from '../choice-filter.ts'
import type { LookupCounts } from '../lookup-counts.ts'
import type { ProblemCode } from '../problem.ts'
import type { RollReader } from '../roll-reader.ts'
import type { ChangeFan } from './change-fan.ts'
import { sendProblem } from './respond.ts'
import type { Waits } from './waits.ts'
import type { WatchDoor } from './watch/watch-door.ts'

export interface RouteAbout {
  /** Of /docs: `lookup`, `daemon`, … */
  readonly chapter: string
  /** One line: what it gives. */
  readonly summary: string
  /** What else one has to know. */
  readonly description?: string
  /** Checks the query string. Without one, any parameters are ignored. */
  readonly query?: z.ZodObject
  /** What it answers with when it does not refuse. */
  readonly answer: AnswerAbout
  /** What it may refuse. */
  readonly problems?: readonly ProblemCode[]
}

export interface AnswerAbout {
  readonly description: string
  readonly schema?: z.ZodType
  /** Default: `application/json`. */
  readonly contentType?: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route without it is told of nowhere. */
    readonly about?: RouteAbout
  }
}

/** What the routes stand on. */
export interface RouteContext {
  readonly app: FastifyInstance
  readonly reader: RollReader
  /** For a door of its own among the routes: to look up through, or to count by hand. */
  readonly lookups: LookupCounts
  /** Time of day in milliseconds since 1970. */
  readonly dateMs: () => number
  readonly fan: ChangeFan
  readonly waits: Waits
  readonly watchDoor: WatchDoor
  /** Aborted when the door begins to close: streams and whoever waits end then, and answers under way go out. */
  readonly closing: AbortSignal
}

type StrictSchema<Shape extends z.core.$ZodShape> = z.ZodObject<Shape, z.core.$strict>

export interface CheckedAbout<Shape extends z.core.$ZodShape> extends RouteAbout {
  readonly query: StrictSchema<Shape>
}

/** Answers a request whose query, and name where the path has one, have been found right. */
export type Answer<Shape extends z.core.$ZodShape, Name extends readonly string[] = []> = (
  request: FastifyRequest,
  reply: FastifyReply,
  query: z.output<StrictSchema<Shape>>,
  ...service: Name
) => FastifyReply | Promise<FastifyReply>

/** A route whose query is checked by its schema before the handler is called; a wrong one is refused with `BAD_QUERY`. */
export function addRoute<Shape extends z.core.$ZodShape>(
  { app, reader }: RouteContext,
  path: string,
  about: CheckedAbout<Shape>,
  answer: Answer<Shape>,
): void {
  const readQuery = createQueryReader(about.query)
  app.get(path, { config: { about } }, (request: FastifyRequest<{ Querystring: Parameters }>, reply) => {
    const read = readQuery(request.query)
    if ('reason' in read) return sendProblem(reply, reader, { code: 'BAD_QUERY', message: read.reason })
    return answer(request, reply, read.value)
  })
}

/** The same for a path with `:service` in it: a wrong name is refused with `BAD_NAME`, a right one given in lower case. */
export function addNamedRoute<Shape extends z.core.$ZodShape>(
  context: RouteContext,
  path: string,
  about: CheckedAbout<Shape>,
  answer: Answer<Shape, [string]>,
): void {
  const { app, reader } = context
  const readQuery = createQueryReader(about.query)
  type NamedRequest = FastifyRequest<{ Params: { service: string }; Querystring: Parameters }>
  app.get(path, { config: { about } }, (request: NamedRequest, reply) => {
    const named = readServiceName(request.params.service)
    if ('reason' in named) return sendProblem(reply, reader, { code: 'BAD_NAME', message: named.reason })
    const read = readQuery(request.query)
    if ('reason' in read) return sendProblem(reply, reader, { code: 'BAD_QUERY', message: read.reason })
    return answer(request, reply, read.value, named.name)
  })
}

/** Most queries are empty, and not worth a walk through the schema each. */
function createQueryReader<Shape extends z.core.$ZodShape>(schema: StrictSchema<Shape>) {
  const empty = readStrictly(schema, {})
  return (parameters: Parameters) => {
    for (const _ in parameters) return readStrictly(schema, parameters)
    return empty
  }
}
