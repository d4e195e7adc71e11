// The page for people at `/`, as `npm run build` left it in dist/page. Promises that it reaches no other host and runs nothing
// that is not its own (CSP), and that a browser holds what cannot change and asks about what can.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RollReader } from '../roll-reader.ts'
import { isHeldByClient } from './entity-tag.ts'
import { createHeaders, sendProblem } from './respond.ts'

/** The same folder from the source and from dist/. */
const builtPage = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../dist/page/' : '../../../page/', import.meta.url),
)

export interface PageOptions {
  /** Where the built page is. Default: where the build puts it. */
  readonly pageFolder?: string
}

export interface Page {
  /** The page, 304 when the client holds it, or `NOT_FOUND` where it was not built. */
  send(request: FastifyRequest, reply: FastifyReply): FastifyReply
}

/** Everything from here, nothing inline; nobody may frame it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const securityHeaders = Object.freeze({
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
})

/** Adds the files that the page is made of; where it stands itself is for the caller to say. */
export async function openPage(
  app: FastifyInstance,
  reader: RollReader,
  { pageFolder = builtPage }: PageOptions,
): Promise<Page> {
  const html = await readIndex(pageFolder)
  if (html === undefined) {
    const message = 'the page is not there: this daemon runs from sources that were not built; npm run build makes it'
    return { send: (_request, reply) => sendProblem(reply, reader, { code: 'NOT_FOUND', message }) }
  }
  await app.register(fastifyStatic, {
    root: `${pageFolder}/assets`,
    prefix: '/assets/',
    // One route a file, found at the start: no other path ever reaches the disk.
    wildcard: false,
    index: false,
    decorateReply: false,
    immutable: true,
    maxAge: '365d',
    lastModified: false,
    setHeaders: (response) => {
      for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
    },
  })
  // By content: the time and the size of this file can be the same in two releases, which name other assets.
  const etag = `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"`
  return {
    send(request, reply) {
      const own = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', etag }
      reply.headers({ ...createHeaders(reader), ...securityHeaders, ...own })
      return isHeldByClient(request.headers['if-none-match'], etag) ? reply.code(304).send() : reply.send(html)
    },
  }
}

async function readIndex(folder: string): Promise<Buffer | undefined> {
  try {
    return await readFile(`${folder}/index.html`)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Whether it is asked for the page or what that is made of: nothing of the roll stands there. */
export function isForPage({ url = '', headers }: IncomingMessage): boolean {
  return url.startsWith('/assets/') || (/^\/(?:\?|$)/.test(url) && wantsPage(headers))
}

/** Browsers name HTML when they navigate; curl, fetch() and client libraries do not. */
export function wantsPage({ accept = '' }: IncomingHttpHeaders): boolean {
  return accept.split(',').some((range) => /^\s*text\/html\s*(;(?!\s*q=0(\.0*)?\s*$).*)?$/i.test(range))
}
