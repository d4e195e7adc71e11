// What follow() can be told: where the daemons are, and on which engine they are asked.

import type { Clock } from '../sp/clock.ts'
import type { Engine } from '../sp/engine.ts'
import type { JoinLog } from './join-options.ts'
import type { Environment } from './read-environment.ts'
import { planDiscovery } from './join-options.ts'
import { readServiceEnvironment } from './service-environment.ts'

export interface FollowOptions {
  /** Where variables are read from, `process.env` in a main.ts. Default: nowhere. */
  readonly env?: Environment
  /** Silent by default. */
  readonly log?: JoinLog
  /** Default: the one that ROLLCALL_ENGINE names, closed with the roll. One that is given is its owner's to close. */
  readonly engine?: Engine
  readonly clock?: Clock
  /** `host`, `host:port`, or a whole SP address. Default: DISCOVERY_HOST. */
  readonly discovery?: readonly string[]
}

export interface FollowPlan {
  /** SP addresses to dial. */
  readonly addresses: readonly string[]
  readonly engineName: Engine['name']
}

/** Fails with `ENVIRONMENT_INVALID` or `ADDRESS_INVALID`. */
export function planFollow(options: FollowOptions): FollowPlan {
  const { values } = readServiceEnvironment(options.env ?? {}, {
    required: options.discovery ? [] : ['DISCOVERY_HOST'],
    ...(options.log && { log: options.log }),
  })
  return { addresses: planDiscovery(options.discovery, values).addresses, engineName: values.ROLLCALL_ENGINE }
}
