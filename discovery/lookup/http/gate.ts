// What every request passes before the routes see it: origins that browsers may ask from, the limit of each address, the token. Stands in
// front of Fastify and not in it, so that it holds for every answer, streams included, and costs a plain lookup next to nothing.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../../messaging/sp/clock.ts'
import type { Problem } from '../problem.ts'
import { isForPage } from './page.ts'
import { createRateLimit } from './rate-limit.ts'
import type { RollHeaders } from './respond.ts'
import { createHeaders, statusOf } from './respond.ts'

export interface GateOptions {
  /** Requests a second that each address may make; 0 = any number. Probes are never refused. Default 10,000: more than one client makes that
   * is not stuck in a loop, and less than this door gives. */
  readonly requestsPerSecond?: number
  /** Who asks has to show it as a bearer token, or as clients of Consul do, except probes, and browsers for the page itself. Default: everyone
   * may ask. */
  readonly token?: string | undefined
  /** Origins whose pages may read answers in a browser; `*` is any. Default: none. */
  readonly origins?: readonly string[]
}

export const gateDefaults = Object.freeze({
  requestsPerSecond: 10_000,
  token: undefined,
  origins: Object.freeze([]),
}) satisfies Required<GateOptions>

/** True: the request may go on. False: it has been answered. */
export type Gate = (request: IncomingMessage, response: ServerResponse) => boolean

/** What a page may see of an answer beside its body, and what it may send. */
const exposedHeaders = 'ETag, Retry-After, Rollcall-Epoch, Rollcall-Frozen, Rollcall-Round'
const acceptedHeaders = 'Authorization, If-None-Match, Last-Event-ID'
const preflightSeconds = '600'

export function createGate(options: GateOptions, roll: RollHeaders, clock: Clock): Gate {
  const { requestsPerSecond, token, origins } = { ...gateDefaults, ...options }
  const limit = createRateLimit(requestsPerSecond)
  const isRightToken = token === undefined ? undefined : createTokenCheck(token)
  const hasOrigins = origins.length > 0

  return (request, response) => {
    // Nothing here takes a body: whoever brings one is answered, and let go without reading it to its end.
    const { headers } = request
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined)
      response.shouldKeepAlive = false
    if (hasOrigins && allowOrigin(origins, request, response)) return false
    if (!limit.take(request.socket.remoteAddress, clock.nowMs()) && !isProbe(request)) {
      refuse(response, roll, {
        code: 'RATE_LIMITED',
        message: `more than ${requestsPerSecond} requests in a second from this address; ask again in a second`,
        retryAfterMs: 1_000,
      })
      return false
    }
    const given = readGivenToken(headers)
    if (isRightToken && !isOpen(request) && !isRightToken(given)) {
      const isWrong = given !== undefined
      response.setHeader('www-authenticate', `Bearer realm="rollcall"${isWrong ? ', error="invalid_token"' : ''}`)
      refuse(response, roll, {
        code: 'UNAUTHORIZED',
        message: isWrong
          ? 'the token is not the one of this daemon'
          : 'this daemon wants a token, as "Authorization: Bearer TOKEN"; the rollcall program takes it from HTTP_TOKEN',
      })
      return false
    }
    return true
  }
}

/** Those who ask whether the daemon lives hold no token, and must not be held up by those who ask too much. */
function isProbe({ url = '' }: IncomingMessage): boolean {
  return /^\/(?:health|ready)(?:\?|$)/.test(url)
}

/** What is answered without a token: probes; and the page, which asks people for it. */
function isOpen(request: IncomingMessage): boolean {
  return isProbe(request) || isForPage(request)
}

/** What a request shows for a token, empty where that cannot be one; undefined: nothing. Clients of Consul have a header of their own for it. */
function readGivenToken({ authorization, 'x-consul-token': consulToken }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined) return consulToken === undefined ? undefined : String(consulToken)
  const [, given = ''] = /^bearer +(\S+) *$/i.exec(authorization) ?? []
  return given
}

/** Compares digests, which are of one length whatever was sent, in a time that says nothing. */
function createTokenCheck(token: string): (given: string | undefined) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = digest(token)
  return (given) => given !== undefined && timingSafeEqual(digest(given), expected)
}

/** Headers of the Fetch standard (CORS) for an origin that may ask. True: it was a preflight, and has been answered. */
function allowOrigin(origins: readonly string[], request: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('vary', 'Origin')
  const { origin } = request.headers
  if (origin === undefined || !(origins.includes('*') || origins.includes(origin))) return false
  response.setHeader('access-control-allow-origin', origins.includes('*') ? '*' : origin)
  response.setHeader('access-control-expose-headers', exposedHeaders)
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, HEAD',
    'access-control-allow-headers': acceptedHeaders,
    'access-control-max-age': preflightSeconds,
  })
  response.end()
  return true
}

function refuse(response: ServerResponse, roll: RollHeaders, problem: Problem): void {
  const { code, message, retryAfterMs } = problem
  const body = JSON.stringify({ code, message })
  const headers = { ...createHeaders(roll), 'content-length': String(Buffer.byteLength(body)) }
  if (retryAfterMs !== undefined) response.setHeader('retry-after', String(Math.ceil(retryAfterMs / 1_000)))
  response.writeHead(statusOf[code], headers)
  response.end(body)
}
