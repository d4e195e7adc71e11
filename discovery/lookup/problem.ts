// Why a lookup gave nobody, in the codes and words that every door shares. Promises one code and one sentence for each way
// to be refused; how a door carries them (an HTTP status, an SP line) is the door's own.

import type { LookupOutcome } from './roll-reader.ts'
import { describeNoChoice } from '../../messaging/roll/choose.ts'

/** What may be refused, with what it means; sentences for the case in hand stand in `Problem.message`. */
export const problemMeanings = Object.freeze({
  UNKNOWN_SERVICE: 'nobody of that name',
  NO_MATCH: 'there are some, but not with these filters',
  NONE_PASSING: 'all of them are critical or draining',
  WARMING_UP: 'the daemon does not know yet; Retry-After says when to ask again',
  BAD_NAME: 'not a service name; the message says what is accepted',
  BAD_QUERY: 'a wrong parameter; the message says what is accepted',
  BAD_REQUEST: 'the message could not be read as an HTTP request',
  NOT_FOUND: 'there is nothing at this path',
  METHOD_NOT_ALLOWED: 'not with this method; Allow has those that work',
  UNAUTHORIZED: 'the token is missing or wrong',
  RATE_LIMITED: 'too many requests from this address; Retry-After says when to ask again',
  TOO_MANY_WATCHERS: 'as many wait for changes here as may; ask another daemon, or later',
  INTERNAL: 'the daemon failed to answer; its log says why',
})

export type ProblemCode = keyof typeof problemMeanings

export interface Problem {
  readonly code: ProblemCode
  readonly message: string
  /** When to ask again, where asking again helps. */
  readonly retryAfterMs?: number
}

type RefusedOutcome = Exclude<LookupOutcome, { readonly outcome: 'PROVIDER' }>

export function createRefusal(service: string, refused: RefusedOutcome): Problem {
  const { outcome } = refused
  if (outcome !== 'WARMING_UP') return { code: outcome, message: describeNoChoice(service, refused) }
  const message = `this daemon does not know yet whether anyone is "${service}"; ask again shortly`
  return { code: outcome, message, retryAfterMs: refused.retryAfterMs }
}

/** For one more who wants to be told of changes. */
export function createTooManyWatchers(): Problem {
  return { code: 'TOO_MANY_WATCHERS', message: problemMeanings.TOO_MANY_WATCHERS, retryAfterMs: 5_000 }
}

/** For a list that is asked of a daemon which cannot know yet whether it has everyone. */
export function createWarmingUp(retryAfterMs: number): Problem {
  return {
    code: 'WARMING_UP',
    message: 'this daemon does not know the whole roll yet; ask again shortly',
    retryAfterMs,
  }
}
