// Asking a daemon over HTTP: which daemons, in which order, and what came back. Promises an answer from the first daemon
// that knows, or one error that names every daemon tried and what each did. Leaves the meaning of a reply to the caller.

import { Option } from 'commander'
import { RollcallError } from '../../messaging/sp/error.ts'
import { openDeadline } from './deadline.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface DaemonReply {
  readonly url: string
  readonly status: number
  readonly body: unknown
  /** Number of the last finished round; undefined when the other side did not say. */
  readonly round: number | undefined
  /** Removals are frozen: who died lately may still be on this roll. */
  readonly isFrozen: boolean
  /** Its clock, in milliseconds since 1970, to the second; undefined when it did not say. */
  readonly dateMs: number | undefined
}

export interface AskOptions {
  /** Has the token that daemons may want to see. */
  readonly env: Terminal['env']
  readonly signal?: AbortSignal
  /** For one daemon, connecting included. Default 2,000: a daemon on the same network answers in less than 5. */
  readonly timeoutMs?: number
}

const defaultTimeoutMs = 2000

/** `--daemon URL`, the same for every subcommand that asks one. */
export function createDaemonOption(): Option {
  return new Option('--daemon <url>', 'daemon to ask, several separated by commas [ROLLCALL_URL]')
}

/** The daemons to ask, in order: the option, else ROLLCALL_URL, else the daemon on this machine. Fails with
 * `ADDRESS_INVALID`. */
export function readDaemonUrls(option: string | undefined, env: Terminal['env']): string[] {
  const [source, text] =
    option === undefined ? ['ROLLCALL_URL', env['ROLLCALL_URL'] || localUrl(env)] : ['--daemon', option]
  const urls = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (urls.length === 0) throw new RollcallError('ADDRESS_INVALID', `${source} names no daemon`)
  return urls.map((url) => readDaemonUrl(url, source))
}

function readDaemonUrl(text: string, source: string): string {
  const withScheme = text.includes('://') ? text : `http://${text}`
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new RollcallError('ADDRESS_INVALID', `${source}: "${text}" is not of the form http://host:port`)
  }
  return url.href.replace(/\/$/, '')
}

/** The daemon on this machine: inside its container it listens where its own variables say. */
export function localUrl(env: Terminal['env']): string {
  const port = env['HTTP_PORT'] ?? ''
  const host = (env['HTTP_HOST'] ?? '').replace(/^\[(.*)\]$/, '$1')
  const isEveryone = ['', '*', '0.0.0.0', '::'].includes(host)
  const reachable = isEveryone ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  const scheme = (env['HTTP_TLS_CERT'] ?? '').trim() === '' ? 'http' : 'https'
  return `${scheme}://${reachable}:${/^\d{1,5}$/.test(port) ? port : '8500'}`
}

/** GETs the path from each daemon in turn until one knows. A daemon that is warming up is passed over for the next; its
 * reply is the answer when no other has one. Fails with `LOOKUP_FAILED`. */
export async function askDaemons(urls: readonly string[], path: string, options: AskOptions): Promise<DaemonReply> {
  const tried: string[] = []
  let fallback: DaemonReply | undefined
  let lastError: unknown
  for (const url of urls) {
    try {
      const reply = await askDaemon(url, path, options)
      if (!isWarmingUp(reply)) return reply
      fallback ??= reply
    } catch (error) {
      options.signal?.throwIfAborted()
      lastError = error
      tried.push(`${url} (${describeFailure(error)})`)
    }
  }
  if (fallback !== undefined) return fallback
  const advice = 'start one with `rollcall daemon`, or name one with --daemon or ROLLCALL_URL'
  throw new RollcallError('LOOKUP_FAILED', `no daemon could be asked: ${tried.join(', ')}; ${advice}`, {
    cause: lastError,
  })
}

/** The token that daemons may want to see: HTTP_TOKEN, as theirs. */
export function createAuthorization(env: Terminal['env']): Readonly<Record<string, string>> {
  const token = env['HTTP_TOKEN']?.trim() ?? ''
  return token === '' ? {} : { authorization: `Bearer ${token}` }
}

async function askDaemon(url: string, path: string, options: AskOptions): Promise<DaemonReply> {
  const deadline = openDeadline(options.timeoutMs ?? defaultTimeoutMs, options.signal)
  try {
    const headers = { accept: 'application/json', ...createAuthorization(options.env) }
    const response = await fetch(`${url}${path}`, { signal: deadline.signal, headers })
    const text = await response.text()
    const round = Number(response.headers.get('rollcall-round') ?? Number.NaN)
    const dateMs = Date.parse(response.headers.get('date') ?? '')
    return {
      url,
      status: response.status,
      body: readJson(text),
      round: Number.isNaN(round) ? undefined : round,
      isFrozen: response.headers.get('rollcall-frozen') === 'true',
      dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
    }
  } finally {
    deadline.close()
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error('not a Rollcall daemon: its answer is not JSON', { cause: error })
  }
}

export function isWarmingUp(reply: DaemonReply): boolean {
  return reply.status === 503 && readProblem(reply).code === 'WARMING_UP'
}

/** The `{code, message}` of a reply that is an error; a stand-in for one that says neither. */
export function readProblem(reply: Pick<DaemonReply, 'url' | 'status' | 'body'>): {
  readonly code: string
  readonly message: string
} {
  const { body } = reply
  if (typeof body === 'object' && body !== null && 'code' in body && 'message' in body) {
    return { code: String(body.code), message: String(body.message) }
  }
  return { code: '', message: `${reply.url} answered ${reply.status}` }
}

/** What went wrong in two or three words: fetch hides it in the cause. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const source = error.message === 'fetch failed' && error.cause instanceof Error ? error.cause : error
  const code = 'code' in source ? String(source.code) : ''
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    EHOSTUNREACH: 'no route to host',
    ENETUNREACH: 'network unreachable',
    ENOTFOUND: 'no such host',
    EAI_AGAIN: 'its name cannot be resolved now',
    UND_ERR_SOCKET: 'connection broken',
  }
  return known[code] ?? (source.message || code)
}
