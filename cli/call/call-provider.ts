// One real call to one provider: GET or POST over HTTP, REQ over SP, whichever its protocol is.
// Promises to say whether nobody listened there (safe to try another) or the call itself failed (perhaps carried out).

import { once } from 'node:events'
import { connect } from 'node:net'

import type { DialOptions } from '../../messaging/sp/engine.ts'
import type { LazyEngine } from '../asking/engine.ts'
import { RollcallError } from '../../messaging/sp/error.ts'
import { describeFailure } from '../asking/daemon-client.ts'
import { openDeadline } from '../asking/deadline.ts'
import type { HandedOut } from '../asking/lookup.ts'

export interface CallOptions {
  /** Body of the POST or of the request; undefined makes a GET, or an empty request. */
  readonly body: string | undefined
  /** For HTTP. */
  readonly path: string
  /** For the whole call, connecting included. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Asked for when the provider speaks SP; over tls+tcp its keys are as well. */
  readonly engine: Pick<LazyEngine, 'open' | 'keyring'>
}

export interface CallReply {
  readonly body: Buffer
  /** Of HTTP; undefined over SP. */
  readonly status: number | undefined
  readonly durationMs: number
}

/** Longer than any connect inside one network, shorter than a person's patience. */
const connectTimeoutMs = 1000

/** Fails with `ADDRESS_UNREACHABLE` when nobody listens there, `TIMEOUT` when no reply came, `NOT_SUPPORTED` for a
 * protocol that is neither HTTP nor SP. */
export async function callProvider(provider: HandedOut, options: CallOptions): Promise<CallReply> {
  const { protocol } = provider
  if (!['http', 'https', 'tcp', 'tls+tcp'].includes(protocol)) {
    const known = 'http, https, tcp and tls+tcp (REQ)'
    throw new RollcallError('NOT_SUPPORTED', `${provider.id} speaks ${protocol}; call knows ${known}`)
  }
  const startedAtMs = performance.now()
  await reach(provider, options)
  const isHttp = protocol === 'http' || protocol === 'https'
  const called = isHttp ? await fetchReply(provider, options) : await request(provider, options)
  return { ...called, durationMs: performance.now() - startedAtMs }
}

/** Connects once and hangs up: an SP dialer redials for ever and never says that a connection was refused. */
async function reach(provider: HandedOut, options: CallOptions): Promise<void> {
  const { signal } = options
  signal?.throwIfAborted()
  const socket = connect({ host: provider.host.replace(/^\[|\]$/g, ''), port: provider.port })
  const abort = (): void => void socket.destroy(new Error('aborted'))
  signal?.addEventListener('abort', abort)
  socket.setTimeout(Math.min(connectTimeoutMs, options.timeoutMs), () => socket.destroy(new Error('no answer in time')))
  try {
    await once(socket, 'connect')
  } catch (error) {
    signal?.throwIfAborted()
    const message = `${provider.id} cannot be reached at ${provider.address}: ${describeFailure(error)}`
    throw new RollcallError('ADDRESS_UNREACHABLE', message, { cause: error })
  } finally {
    signal?.removeEventListener('abort', abort)
    socket.destroy()
  }
}

async function request(provider: HandedOut, options: CallOptions): Promise<Omit<CallReply, 'durationMs'>> {
  const engine = await options.engine.open()
  const requester = engine.createRequester()
  try {
    engine.dial(provider.address, requester, provider.protocol === 'tls+tcp' ? readDial(provider, options) : {})
    const { timeoutMs, signal } = options
    const body = await requester.request(Buffer.from(options.body ?? ''), {
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    })
    return { body: Buffer.from(body), status: undefined }
  } catch (error) {
    if (!(error instanceof RollcallError) || error.code !== 'TIMEOUT') throw error
    throw noReply(provider, options, error)
  } finally {
    await requester.close()
  }
}

/** As whom the provider is called. */
function readDial({ id, service }: HandedOut, { engine }: CallOptions): DialOptions {
  const keyring = engine.keyring()
  const errand = { call: service }
  if (keyring?.speakFor(errand)) return { credentials: keyring.dialCredentials(errand) }
  const advice = 'set ROLLCALL_KEY or ROLLCALL_KEYRING to one: `rollcall key derive call` makes it'
  throw new RollcallError('KEY_INVALID', `${id} speaks tls+tcp, and no key here may call ${service}: ${advice}`)
}

async function fetchReply(provider: HandedOut, options: CallOptions): Promise<Omit<CallReply, 'durationMs'>> {
  const deadline = openDeadline(options.timeoutMs, options.signal)
  const path = options.path.startsWith('/') ? options.path : `/${options.path}`
  const sent = options.body === undefined ? {} : { method: 'POST', body: options.body }
  try {
    const response = await fetch(`${provider.address}${path}`, { signal: deadline.signal, ...sent })
    return { body: Buffer.from(await response.arrayBuffer()), status: response.status }
  } catch (error) {
    options.signal?.throwIfAborted()
    if (deadline.isOver()) throw noReply(provider, options, error)
    throw new RollcallError('CLOSED', `${provider.id} broke off: ${describeFailure(error)}`, { cause: error })
  } finally {
    deadline.close()
  }
}

function noReply(provider: HandedOut, options: CallOptions, cause: unknown): RollcallError {
  const message = `${provider.id} at ${provider.address} gave no reply within ${options.timeoutMs} ms`
  return new RollcallError('TIMEOUT', message, { cause })
}
