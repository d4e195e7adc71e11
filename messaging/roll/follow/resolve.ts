// One provider of a name, from what is known here. Promises an answer at once where anything is known, however long ago the last
// daemon was heard of; waits only for the first word about a name.

import semver from 'semver'
import type { ChoiceFilter, NoChoice } from '../choose.ts'
import type { FeedInstance } from '../feed-lines.ts'
import type { FollowedName } from './roll-follower.ts'
import { RollcallError } from '../../sp/error.ts'
import { describeNoChoice } from '../choose.ts'

export interface ResolveOptions extends ChoiceFilter {
  /** How long to wait for the first word about a name. Default 10,000: a daemon that has just started knows after 5 s. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export const resolveDefaults = Object.freeze({ timeoutMs: 10_000 })

export async function resolveOne(
  name: string,
  followed: FollowedName,
  options: ResolveOptions | undefined,
): Promise<FeedInstance> {
  options?.signal?.throwIfAborted()
  for (;;) {
    const choice = followed.draw(options)
    if (choice.outcome === 'PROVIDER') return choice.instance
    if (choice.outcome !== 'NOT_KNOWN') throw createRefusal(name, choice, options)
    const { timeoutMs = resolveDefaults.timeoutMs, signal } = options ?? {}
    await followed.known({ timeoutMs, ...(signal && { signal }) })
  }
}

export function createRefusal(name: string, choice: NoChoice, filter: ChoiceFilter = {}): RollcallError {
  const { version } = filter
  // An invalid range matches nothing, so that it is always found out here.
  if (choice.outcome === 'NO_MATCH' && version !== undefined && semver.validRange(version) === null) {
    const message = `version ${JSON.stringify(version)} is not a semver range such as ^1.4 or ">=1.4 <2"`
    return new RollcallError('NAME_INVALID', message)
  }
  return new RollcallError(choice.outcome, describeNoChoice(name, choice))
}
