// How every HTTP response leaves the daemon: a status, JSON, and the headers that say which round it rests on.
// Promises `{code, message}` for every refusal, and never a response without those headers.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Problem, ProblemCode } from '../problem.ts'
import type { RollReader } from '../roll-reader.ts'
import { createEntityTag, isHeldByClient } from './entity-tag.ts'

export const statusOf: Readonly<Record<ProblemCode, number>> = Object.freeze({
  UNKNOWN_SERVICE: 404,
  NO_MATCH: 404,
  NONE_PASSING: 503,
  WARMING_UP: 503,
  BAD_NAME: 400,
  BAD_QUERY: 400,
  BAD_REQUEST: 400,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  UNAUTHORIZED: 401,
  RATE_LIMITED: 429,
  TOO_MANY_WATCHERS: 503,
  INTERNAL: 500,
})

export type RollHeaders = Pick<RollReader, 'round' | 'isFrozen' | 'changes'>

/** What every response carries. A lookup is never stored, since it is wrong as soon as the roll moves; and no browser may take
 * it for anything but data, show it in a frame, or let another site have it unasked. */
export function createHeaders(roll: RollHeaders) {
  return {
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'rollcall-round': String(roll.round),
    'rollcall-frozen': String(roll.isFrozen),
    'rollcall-epoch': roll.changes.epoch,
  }
}

/** Sends JSON that is written already. */
export function sendText(reply: FastifyReply, roll: RollHeaders, text: string): FastifyReply {
  return reply.headers(createHeaders(roll)).send(text)
}

export function sendJson(reply: FastifyReply, roll: RollHeaders, body: unknown): FastifyReply {
  return sendText(reply, roll, JSON.stringify(body))
}

export function sendProblem(reply: FastifyReply, roll: RollHeaders, problem: Problem): FastifyReply {
  if (problem.retryAfterMs !== undefined) reply.header('retry-after', readRetryAfterSeconds(problem.retryAfterMs))
  return sendJson(reply.code(statusOf[problem.code]), roll, { code: problem.code, message: problem.message })
}

/** Whole seconds, and never 0: a client that takes it at its word must not spin. */
function readRetryAfterSeconds(retryAfterMs: number): string {
  return String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
}

/** Sends a list of which `sequence` is the latest change, or 304 when the client holds it already. While the list may be
 * incomplete it carries no tag: it would stay the same when the rest of the roll is known. */
export function sendList(
  request: FastifyRequest,
  reply: FastifyReply,
  reader: RollHeaders & Pick<RollReader, 'isReady'>,
  sequence: number,
  createBody: () => unknown,
): FastifyReply {
  if (!reader.isReady) return sendJson(reply, reader, createBody())
  const etag = createEntityTag({ epoch: reader.changes.epoch, sequence })
  const headers = { ...createHeaders(reader), 'cache-control': 'no-cache', etag }
  if (!isHeldByClient(request.headers['if-none-match'], etag)) {
    return reply.headers(headers).send(JSON.stringify(createBody()))
  }
  const { 'content-type': _type, ...unmodified } = headers
  return reply.code(304).headers(unmodified).send()
}
