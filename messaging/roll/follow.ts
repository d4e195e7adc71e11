// Knowing the roll: who is of a name now, kept up to date from any of several daemons. Promises that a list once known is never
// empty because a daemon went away: it is kept, and used, until another daemon knows better.

import type { FollowOptions } from './follow/follow-options.ts'
import type { FollowedRoll } from './follow/followed-roll.ts'
import { systemClock } from '../sp/clock.ts'
import { openEngine } from '../sp/index.ts'
import { planFollow } from './follow/follow-options.ts'
import { RollFollower } from './follow/roll-follower.ts'

/** Fails with `ENVIRONMENT_INVALID`, `ADDRESS_INVALID`, `ENGINE_MISSING`, or `NOT_SUPPORTED` on the nanomsg engine. */
export async function follow(options: FollowOptions = {}): Promise<FollowedRoll> {
  const plan = planFollow(options)
  const engine = options.engine ?? (await openEngine(plan.engineName))
  try {
    // With it comes Undici, which only those who follow need: 70 ms and 20 MB.
    const { createFollowedRoll } = await import('./follow/followed-roll.ts')
    const { clock = systemClock } = options
    const { addresses, dial, keyring } = plan
    const follower = new RollFollower({ engine, clock, random: Math.random, addresses, dial })
    const stopGuard = keyring?.guard(follower.socket)
    return createFollowedRoll(follower, async () => {
      stopGuard?.()
      if (!options.engine) await engine.close()
    })
  } catch (error) {
    if (!options.engine) await engine.close()
    throw error
  }
}
