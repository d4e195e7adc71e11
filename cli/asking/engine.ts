// The SP engine of a client command, and its keys: as the environment names them, opened when first needed and closed at the end.
// Says nothing about the daemon's engine, which reads the variable with the rest of its own.

import type { Keyring } from '../../messaging/keys/keyring.ts'
import { openKeyring } from '../../messaging/keys/open-keyring.ts'
import { readEnvironment } from '../../messaging/roll/read-environment.ts'
import { sharedVariables } from '../../messaging/roll/shared-environment.ts'
import type { Engine } from '../../messaging/sp/engine.ts'
import { openEngine } from '../../messaging/sp/index.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface LazyEngine {
  /** The same engine each time. Fails with `ENVIRONMENT_INVALID` or `ENGINE_MISSING`. */
  readonly open: () => Promise<Engine>
  /** The keys of the environment; undefined where there are none. Fails with `ENVIRONMENT_INVALID` or `KEY_INVALID`. */
  readonly keyring: () => Keyring | undefined
  readonly close: () => Promise<void>
}

/** For the environment table in the help of what opens an engine. */
const { ROLLCALL_ENGINE, ROLLCALL_KEY, ROLLCALL_KEYRING } = sharedVariables
export const engineVariables = Object.freeze({ ROLLCALL_ENGINE, ROLLCALL_KEY, ROLLCALL_KEYRING })

/** `maxMessageBytes`: the largest message taken; only the engine `sp` can be told. */
export function openEngineOf(env: Terminal['env'], maxMessageBytes?: number): LazyEngine {
  let opened: Promise<Engine> | undefined
  return {
    open() {
      const name = readEnvironment(engineVariables, env).values.ROLLCALL_ENGINE
      const limits = maxMessageBytes === undefined ? {} : { maxMessageBytes }
      return (opened ??= openEngine(name, { limits }))
    },
    keyring() {
      const { values } = readEnvironment(engineVariables, env)
      return openKeyring({ key: values.ROLLCALL_KEY, path: values.ROLLCALL_KEYRING })
    },
    close: async () => {
      if (opened !== undefined) await (await opened).close()
    },
  }
}
