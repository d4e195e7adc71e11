// The SP engine of a client command: the one that ROLLCALL_ENGINE names, opened when first needed and closed at the end.
// Says nothing about the daemon's engine, which reads the variable with the rest of its own.

import { readEnvironment } from '../messaging/roll/read-environment.ts'
import { sharedVariables } from '../messaging/roll/shared-environment.ts'
import type { Engine } from '../messaging/sp/engine.ts'
import { openEngine } from '../messaging/sp/index.ts'
import type { Terminal } from './terminal.ts'

export interface LazyEngine {
  /** The same engine each time. Fails with `ENVIRONMENT_INVALID` or `ENGINE_MISSING`. */
  readonly open: () => Promise<Engine>
  readonly close: () => Promise<void>
}

/** For the environment table in the help of what opens an engine. */
export const engineVariables = Object.freeze({ ROLLCALL_ENGINE: sharedVariables.ROLLCALL_ENGINE })

/** `maxMessageBytes`: the largest message taken; only the engine `sp` can be told. */
export function openEngineOf(env: Terminal['env'], maxMessageBytes?: number): LazyEngine {
  let opened: Promise<Engine> | undefined
  return {
    open() {
      const name = readEnvironment(engineVariables, env).values.ROLLCALL_ENGINE
      const limits = maxMessageBytes === undefined ? {} : { maxMessageBytes }
      return (opened ??= openEngine(name, { limits }))
    },
    close: async () => {
      if (opened !== undefined) await (await opened).close()
    },
  }
}
