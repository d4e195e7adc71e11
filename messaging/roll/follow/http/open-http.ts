// HTTP by name over one set of connections: what `fetch` and `dispatcher` of a followed roll are made of. Undici is loaded with this file
// and with no other.

import type { Dispatcher } from 'undici'
import { Agent } from 'undici'
import type { DispatcherOptions } from './roll-dispatcher.ts'
import type { FollowedName } from '../roll-follower.ts'
import { RollcallError } from '../../../sp/error.ts'
import { RollDispatcher } from './roll-dispatcher.ts'

/** A host that is gone does not refuse; by then the daemons have found out too. */
const connectTimeoutMs = 3_000

/** What the global fetch takes as its dispatcher, by the types of Node that a program is checked with. */
type GlobalDispatcher = RequestInit extends { dispatcher?: infer D } ? NonNullable<D> : unknown

/** For the global fetch of any Node that we support, whose types are those of another Undici, and for Undici's own functions. */
export type HttpDispatcher = Dispatcher & GlobalDispatcher

export interface RollHttp {
  fetch(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response>
  dispatcher(options?: DispatcherOptions): HttpDispatcher
  /** Requests under way end with `CLOSED`. */
  close(): Promise<void>
}

/** The types of two versions of Undici do not fit each other; what they describe does. */
function forFetch(dispatcher: Dispatcher): HttpDispatcher
function forFetch(dispatcher: unknown): unknown {
  return dispatcher
}

export function createRollHttp(hold: (name: string) => FollowedName): RollHttp {
  let agent: Agent | undefined
  let plain: HttpDispatcher | undefined

  function create(options: DispatcherOptions): HttpDispatcher {
    agent ??= new Agent({ connect: { timeout: connectTimeoutMs } })
    return forFetch(new RollDispatcher({ agent: options.agent ?? agent, hold, options }))
  }

  const choose = (options?: DispatcherOptions) => (options ? create(options) : (plain ??= create({})))

  return {
    async fetch(input, init) {
      try {
        return await globalThis.fetch(input, { dispatcher: choose(), ...init })
      } catch (error) {
        // What fetch says is only that it failed.
        throw error instanceof Error && error.cause instanceof RollcallError ? error.cause : error
      }
    },
    dispatcher: choose,
    async close() {
      await agent?.destroy(new RollcallError('CLOSED', 'the roll is no longer followed'))
    },
  }
}
