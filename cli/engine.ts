// The SP engine of a client command: the one that ROLLCALL_ENGINE names, opened when first needed and closed at the end.
// Says nothing about the daemon's engine, which reads the variable with the rest of its own.

import type { Engine } from '../messaging/sp/engine.ts'
import { RollcallError } from '../messaging/sp/error.ts'
import { openEngine } from '../messaging/sp/index.ts'
import type { Terminal } from './terminal.ts'

export interface LazyEngine {
  /** The same engine each time. Fails with `ENVIRONMENT_INVALID` or `ENGINE_MISSING`. */
  readonly open: () => Promise<Engine>
  readonly close: () => Promise<void>
}

export function openEngineOf(env: Terminal['env']): LazyEngine {
  let opened: Promise<Engine> | undefined
  return {
    open: () => (opened ??= openEngine(readEngineName(env))),
    close: async () => {
      if (opened !== undefined) await (await opened).close()
    },
  }
}

function readEngineName(env: Terminal['env']): 'sp' | 'nanomsg' {
  const name = env['ROLLCALL_ENGINE'] ?? 'sp'
  if (name === 'sp' || name === 'nanomsg') return name
  throw new RollcallError('ENVIRONMENT_INVALID', `ROLLCALL_ENGINE: found "${name}", accepted are sp and nanomsg`)
}
