// What follow() can be told: where the daemons are, and on which engine they are asked.

import type { Clock } from '../../sp/clock.ts'
import type { Errand, Keyring } from '../../keys/keyring.ts'
import type { DialOptions, Engine } from '../../sp/engine.ts'
import type { JoinLog } from '../join-options.ts'
import type { Environment } from '../read-environment.ts'
import { openKeyring } from '../../keys/open-keyring.ts'
import { planDaemons } from '../daemon-places.ts'
import { readServiceEnvironment } from '../service-environment.ts'

export interface FollowOptions {
  /** Where variables are read from, `process.env` in a main.ts. Default: nowhere. */
  readonly env?: Environment
  /** Silent by default. */
  readonly log?: JoinLog
  /** Default: the one that ROLLCALL_ENGINE names, closed with the roll. One that is given is its owner's to close. */
  readonly engine?: Engine
  readonly clock?: Clock
  /** Default: that of ROLLCALL_KEY or ROLLCALL_KEYRING; without one the fleet is open. */
  readonly keyring?: Keyring
  /** `host`, `host:port`, or a whole SP address. Default: DISCOVERY_HOST. */
  readonly discovery?: readonly string[]
}

export interface FollowPlan {
  /** SP addresses to dial. */
  readonly addresses: readonly string[]
  readonly engineName: Engine['name']
  /** How the daemons are dialled. */
  readonly dial: DialOptions
  readonly keyring: Keyring | undefined
}

/** Fails with `ENVIRONMENT_INVALID`, `KEY_INVALID` or `ADDRESS_INVALID`. */
export function planFollow(options: FollowOptions): FollowPlan {
  const { values } = readServiceEnvironment(options.env ?? {}, {
    required: options.discovery ? [] : ['DISCOVERY_HOST'],
    ...(options.log && { log: options.log }),
  })
  const keyring =
    options.keyring ?? openKeyring({ key: values.ROLLCALL_KEY, path: values.ROLLCALL_KEYRING }, options.log)
  return {
    addresses: planDaemons(options.discovery, values, keyring ? 'tls+tcp' : 'tcp').addresses,
    engineName: values.ROLLCALL_ENGINE,
    dial: keyring ? { credentials: () => keyring.dialCredentials(readerErrand(keyring))() } : {},
    keyring,
  }
}

/** Whoever holds any key may read the roll. A daemon knows `roll` in any case, and `call` only where callers are to follow it. */
function readerErrand(keyring: Keyring): Errand {
  for (const { cluster, purpose } of keyring.keys) {
    const [, name] = purpose.split(':')
    const answering = name === undefined ? { answerForAllOf: cluster } : { answerFor: name }
    for (const errand of [answering, { call: cluster }]) if (keyring.speakFor(errand)) return errand
  }
  return { call: '' }
}
