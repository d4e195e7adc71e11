// Requests to http://web.rollcall/path, for fetch and for everything else that takes a dispatcher of Undici. Promises that a provider that
// refuses the connection costs the caller nothing but the time: another one is tried, for as long as nothing was sent. What was sent
// is never sent again.

import { Dispatcher } from 'undici'
import type { ChoiceFilter, NoChoice } from '../../choose.ts'
import type { FeedInstance } from '../../feed-lines.ts'
import type { FollowedName } from '../roll-follower.ts'
import type { RollOrigin } from './roll-origin.ts'
import { RollcallError } from '../../../sp/error.ts'
import { createRefusal, resolveDefaults } from '../resolve.ts'
import { failRequest, watchAttempt } from './attempt-handler.ts'
import { readRollOrigin, withHost } from './roll-origin.ts'

export interface DispatcherOptions extends Omit<ChoiceFilter, 'protocols'> {
  /** How long a request waits for the first word about a name. Default 10,000, as with `resolve`. */
  readonly timeoutMs?: number
  /** What connects, and what all other hosts are left to. Default: one Agent for the whole roll, closed with it. One that is given
   * is its owner's to close. */
  readonly agent?: Dispatcher
}

/** Each takes the time of a connection that fails: mostly none, at most the agent's connect timeout. */
const maxAttempts = 8

/** What fails before there is a connection. A certificate that is not accepted is not among them: the caller has to know. */
const connectFailures: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNABORTED',
  'EADDRNOTAVAIL',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

export interface RollDispatcherOptions {
  readonly agent: Dispatcher
  /** Fails with `NAME_INVALID` or `CLOSED`. */
  readonly hold: (name: string) => FollowedName
  readonly options: DispatcherOptions
}

export class RollDispatcher extends Dispatcher {
  readonly #agent: Dispatcher
  readonly #hold: (name: string) => FollowedName
  readonly #options: DispatcherOptions

  constructor({ agent, hold, options }: RollDispatcherOptions) {
    super()
    this.#agent = agent
    this.#hold = hold
    this.#options = options
  }

  override dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    try {
      const origin = readRollOrigin(request.origin)
      if (!origin) return this.#agent.dispatch(request, handler)
      const followed = this.#hold(origin.name)
      new Call({ agent: this.#agent, followed, origin, request, handler, options: this.#options }).next()
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error
      failRequest(handler, error)
    }
    return true
  }

  /** The connections belong to the roll, or to whoever gave the agent. */
  override async close(): Promise<void> {}

  override async destroy(): Promise<void> {}
}

interface CallOptions {
  readonly agent: Dispatcher
  readonly followed: FollowedName
  readonly origin: RollOrigin
  readonly request: Dispatcher.DispatchOptions
  readonly handler: Dispatcher.DispatchHandler
  readonly options: DispatcherOptions
}

/** One request, until one provider has taken the connection or there is nobody left to try. */
class Call {
  readonly #given: CallOptions
  readonly #filter: ChoiceFilter
  readonly #failures = new Map<string, Error>()

  constructor(given: CallOptions) {
    this.#given = given
    this.#filter = { ...given.options, protocols: [given.origin.protocol] }
  }

  next(): void {
    const { followed, options } = this.#given
    const choice = followed.draw(this.#filter)
    if (choice.outcome === 'NOT_KNOWN') {
      const { timeoutMs = resolveDefaults.timeoutMs } = options
      followed.known({ timeoutMs }).then(
        () => this.next(),
        (error: unknown) => this.#fail(error),
      )
    } else if (this.#failures.size > 0 && !this.#isWorthTrying(choice)) this.#fail(this.#unreachable())
    else if (choice.outcome === 'PROVIDER') this.#attempt(choice.instance)
    else this.#fail(this.#refusal(choice))
  }

  #isWorthTrying(choice: NoChoice | { readonly outcome: 'PROVIDER'; readonly instance: FeedInstance }): boolean {
    if (choice.outcome !== 'PROVIDER' || this.#failures.size >= maxAttempts) return false
    return !this.#failures.has(choice.instance.address)
  }

  #attempt(instance: FeedInstance): void {
    const { agent, followed, origin, request, handler } = this.#given
    const headers = withHost(origin.host, request.headers)
    const watched = watchAttempt(handler, (error) => {
      if (!('code' in error) || !connectFailures.has(error.code)) return false
      followed.setAside(instance)
      this.#failures.set(instance.address, error)
      this.next()
      return true
    })
    agent.dispatch({ ...request, origin: instance.address, headers }, watched)
  }

  #fail(error: unknown): void {
    failRequest(this.#given.handler, error instanceof Error ? error : new Error('the wait was ended', { cause: error }))
  }

  #unreachable(): RollcallError {
    const failures = [...this.#failures].map(([address, { message }]) => `${address}: ${message}`)
    const message = `no provider of "${this.#given.origin.name}" could be reached: ${failures.join('; ')}`
    return new RollcallError('ADDRESS_UNREACHABLE', message, { cause: [...this.#failures.values()].at(-1) })
  }

  #refusal(choice: NoChoice): RollcallError {
    const { followed, origin, options } = this.#given
    const { name, protocol } = origin
    const other = followed.draw(options)
    if (choice.outcome !== 'NO_MATCH' || other.outcome !== 'PROVIDER') return createRefusal(name, choice, options)
    const { id, address } = other.instance
    const isHttp = address.startsWith('http://') || address.startsWith('https://')
    const advice = isHttp
      ? `ask ${other.instance.protocol}://${origin.host}`
      : `a program that speaks SP is called by connect() and request("${name}"); one that speaks HTTP says so, as with SERVICE_PROTOCOL=http`
    return new RollcallError(
      'NOT_HTTP',
      `no provider of "${name}" is at ${protocol}://, ${id} is at ${address}: ${advice}`,
    )
  }
}
