// The HTTP door as a Fastify application that does not listen yet. Promises that whatever comes in (a path that is no route, another
// method, a URL or a message that cannot be read, a failure of our own) leaves as `{code, message}` with the headers of every response.

import { createServer as createPlainServer, STATUS_CODES } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { fastify } from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../../messaging/sp/clock.ts'
import { systemClock } from '../../../messaging/sp/clock.ts'
import type { LookupCounts } from '../lookup-counts.ts'
import { createLookupCounts } from '../lookup-counts.ts'
import type { Problem } from '../problem.ts'
import type { RollReader } from '../roll-reader.ts'
import { createChangeFan } from './change-fan.ts'
import { addConsulRoutes } from './consul/consul-routes.ts'
import type { PageOptions } from './page.ts'
import { openPage } from './page.ts'
import { createHeaders, sendProblem, statusOf } from './respond.ts'
import type { Certificate } from './certificate.ts'
import type { GateOptions } from './gate.ts'
import { createGate } from './gate.ts'
import type { AddedRoute } from './openapi.ts'
import { addOpenApi } from './openapi.ts'
import type { MetricsSource } from './prometheus.ts'
import { addPrometheusRoutes } from './prometheus.ts'
import type { RouteContext } from './route.ts'
import { addDaemonRoutes, addDocsRoutes, addLookupRoutes } from './routes.ts'
import { createWaits } from './waits.ts'
import type { WatchOptions } from './watch/watch-door.ts'
import { createWatchDoor } from './watch/watch-door.ts'
import { addWatchRoutes } from './watch/watch-routes.ts'

export interface HttpAppOptions extends PageOptions {
  readonly reader: RollReader
  /** Failures of our own are written here; nothing else is. Default: nowhere. */
  readonly log?: { error(fields: object, message: string): void } | undefined
  readonly gate?: GateOptions
  /** Where lookups are counted, by door. Default: nowhere. */
  readonly lookups?: LookupCounts
  /** Default: there is no /metrics. */
  readonly metrics?: MetricsSource
  /** With one, HTTP is spoken over TLS alone. Default: in plain. */
  readonly certificate?: Certificate | undefined
  /** Time of day in milliseconds since 1970. Default: the system's. */
  readonly dateMs?: () => number
  /** Default: the system's. */
  readonly clock?: Clock
  /** Spreads the ends of waits and the returns of watchers. Default: Math.random. */
  readonly random?: () => number
  readonly watch?: WatchOptions
  /** Told of every server that the application listens with: one, or two for `localhost`. */
  readonly onServer?: (server: Server) => void
}

/** Long enough for any request, which has no body, over any network; ends connections that never say a whole one. */
const requestTimeoutMs = 10_000

const acceptedMethods = 'GET, HEAD'

function createServer(certificate: Certificate | undefined, listener: RequestListener): Server {
  const options = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    // Longer than the idle timeouts of the usual proxies (60 s), so that the proxy closes first and never races us.
    keepAliveTimeout: 72_000,
  }
  if (certificate === undefined) return createPlainServer(options, listener)
  const server = createTlsServer({ ...options, ...certificate.pair, handshakeTimeout: requestTimeoutMs }, listener)
  certificate.onChange((pair) => server.setSecureContext(pair))
  return server
}

export function createHttpApp(options: HttpAppOptions): FastifyInstance {
  const { reader, log, gate = {}, certificate, dateMs = Date.now, clock = systemClock, random = Math.random } = options
  const { onServer, lookups = createLookupCounts(), metrics } = options
  const passes = createGate(gate, reader, clock)
  const app = fastify({
    serverFactory(handler) {
      const server = createServer(certificate, (request, response) => {
        if (passes(request, response)) handler(request, response)
      })
      onServer?.(server)
      return server
    },
    // What is asked while the door closes is still answered, with `Connection: close`.
    return503OnClosing: false,
    // A name of any length is refused by the rule for names, in its words. Node takes no URL beyond 16 KiB.
    routerOptions: { maxParamLength: 16_384 },
    frameworkErrors: (_error, _request, reply) => {
      sendProblem(reply, reader, { code: 'BAD_REQUEST', message: 'the URL is not valid percent-encoded UTF-8' })
    },
    clientErrorHandler: (error, socket) => refuseMessage(error, socket, reader),
  })

  // Nothing here takes a body. It is neither read nor a reason to answer otherwise than the method deserves.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null))

  const routes = collectRoutes(app)
  const describeMismatch = createMismatch(routes.paths)
  app.setNotFoundHandler((request, reply) => sendProblem(reply, reader, describeMismatch(request, reply)))
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    // Fastify refuses some messages before it looks for a route: none that would have been one of ours.
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return sendProblem(reply, reader, describeMismatch(request, reply))
    }
    log?.error({ err: error, method: request.method, url: request.url }, 'http request failed')
    return sendProblem(reply, reader, { code: 'INTERNAL', message: 'the daemon failed to answer; its log says why' })
  })

  const fan = createChangeFan(reader.changes)
  const waits = createWaits({ fan, clock, random })
  const watchDoor = createWatchDoor({ ...options.watch, reader, fan, clock, random, dateMs })
  const closing = new AbortController()
  app.addHook('preClose', (done) => {
    closing.abort()
    fan.close()
    waits.close()
    watchDoor.close()
    done()
  })
  // One after the other: a route is told of in the order in which it was added.
  void app.register(async (scope) => {
    await addOpenApi(scope, reader.health().version)
    const context: RouteContext = {
      app: scope,
      reader,
      lookups,
      dateMs,
      fan,
      waits,
      watchDoor,
      closing: closing.signal,
    }
    addLookupRoutes({ ...context, reader: lookups.through('http', reader) })
    addWatchRoutes(context)
    addConsulRoutes(context)
    addDaemonRoutes(context)
    addPrometheusRoutes(context, metrics)
    addDocsRoutes(context, routes.told, await openPage(scope, reader, options))
  })
  return app
}

interface Routes {
  /** Of every route, as Fastify writes it. */
  readonly paths: ReadonlySet<string>
  /** Those that are told of. */
  readonly told: readonly AddedRoute[]
}

/** Fills itself with every route that is added from now on. */
function collectRoutes(app: FastifyInstance): Routes {
  const paths = new Set<string>()
  const told: AddedRoute[] = []
  app.addHook('onRoute', ({ url, method, config }) => {
    paths.add(url)
    if (config?.about && method === 'GET') told.push({ path: url, about: config.about })
  })
  return { paths, told }
}

/** Why no route took a request: the path is none of ours, or is with another method. */
function createMismatch(paths: ReadonlySet<string>) {
  let patterns: readonly RegExp[] | undefined
  return (request: FastifyRequest, reply: FastifyReply): Problem => {
    patterns ??= [...paths].map(createPattern)
    const path = request.url.split('?', 1)[0] ?? ''
    if (patterns.some((pattern) => pattern.test(path)) && !acceptedMethods.split(', ').includes(request.method)) {
      reply.header('allow', acceptedMethods)
      return {
        code: 'METHOD_NOT_ALLOWED',
        message: `${request.method} is not accepted here; accepted: ${acceptedMethods}`,
      }
    }
    return { code: 'NOT_FOUND', message: 'there is nothing at this path; GET / lists what there is' }
  }
}

/** What a path of Fastify's matches: `:name` is one part of it, `*` is anything. */
function createPattern(path: string): RegExp {
  const literal = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replace(/:\w+/g, '[^/]+').replaceAll('*', '.*')}$`)
}

/** Node's codes for what a socket may do wrong; whatever else it does is plainly not HTTP. */
const unreadable: Readonly<Record<string, { readonly status: number; readonly message: string }>> = Object.freeze({
  HPE_HEADER_OVERFLOW: { status: 431, message: 'the URL and headers of a request have at most 16 KiB' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: `a request may take ${requestTimeoutMs} ms to arrive` },
})

/** What came is not a request, or not a whole one: there is nothing to reply to, only a socket. */
function refuseMessage(error: Error & { code?: string }, socket: Duplex, reader: RollReader): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, message } = unreadable[error.code ?? ''] ?? {
    status: statusOf.BAD_REQUEST,
    message: 'the message could not be read as an HTTP request',
  }
  const body = JSON.stringify({ code: 'BAD_REQUEST', message })
  const headers = { ...createHeaders(reader), 'content-length': String(Buffer.byteLength(body)), connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy())
}
