// What follow() gives: the roll as a program asks it. Promises that everything here answers from one copy, and that closing it ends all
// that is open on it.

import type { FeedInstance, GroupKind } from '../feed-lines.ts'
import type { RollHttp } from './http/open-http.ts'
import type { ResolveOptions } from './resolve.ts'
import type { FollowedName, RollFollower } from './roll-follower.ts'
import type { RollChange, WatchOptions } from './watch.ts'
import { checkName, HeldNames } from './held-names.ts'
import { createRollHttp } from './http/open-http.ts'
import { resolveOne } from './resolve.ts'
import { Watch } from './watch.ts'

export interface FollowedRoll extends Pick<RollHttp, 'fetch' | 'dispatcher'> {
  /** Daemons connected now. */
  readonly daemons: number
  /** The same name followed twice costs once. */
  name(name: string, kind?: GroupKind): FollowedName
  /** One provider of a service: at once from what is known here, or with the first word about a name that was never asked for. Fails
   * with `UNKNOWN_SERVICE`, `NO_MATCH`, `NONE_PASSING`; with `TIMEOUT` where no daemon said anything yet; with `NAME_INVALID`,
   * `CLOSED` or the signal's reason. */
  resolve(name: string, options?: ResolveOptions): Promise<FeedInstance>
  /** Everyone of a service, then each change. Fails at once with `NAME_INVALID`. */
  watch(name: string, options?: WatchOptions): AsyncIterable<RollChange>
  /** Ends what is open on it with `CLOSED`. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** `release` closes what else was opened for it. */
export function createFollowedRoll(follower: RollFollower, release: () => Promise<void>): FollowedRoll {
  const names = new HeldNames((name) => follower.name(name))
  const watches = new Set<Watch>()
  const http = createRollHttp((name) => names.hold(name))
  let closing: Promise<void> | undefined

  async function closeAll(): Promise<void> {
    for (const watch of watches) watch.end()
    names.close()
    await http.close()
    await follower.close()
    await release()
  }

  const close = () => (closing ??= closeAll())
  return {
    get daemons() {
      return follower.daemons
    },
    name: (name, kind) => follower.name(name, kind),
    resolve: async (name, options) => resolveOne(name, names.hold(name), options),
    watch(name, options = {}) {
      const watch = new Watch(follower.name(checkName(name)), options, (ended) => void watches.delete(ended))
      if (!options.signal?.aborted) watches.add(watch)
      return watch
    },
    fetch: (input, init) => http.fetch(input, init),
    dispatcher: (options) => http.dispatcher(options),
    close,
    [Symbol.asyncDispose]: close,
  }
}
