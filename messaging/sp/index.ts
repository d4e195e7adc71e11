// The door of the SP layer: opens an engine by its name. What engines are is in engine.ts.

import type { Engine } from './engine.ts'
import type { SpEngineOptions } from './engines/sp.ts'
import { createSpEngine } from './engines/sp.ts'

/** Opens the engine of that name; the options are those of `sp`. `nanomsg` is an optional package: fails with `ENGINE_MISSING` where it is not installed. */
export async function openEngine(name: Engine['name'], options: SpEngineOptions = {}): Promise<Engine> {
  if (name === 'sp') return createSpEngine(options)
  const { openNanomsgEngine } = await import('./engines/nanomsg.ts')
  return openNanomsgEngine()
}

export { createSpEngine }
export type { Engine, Handler, Listener, Pipe, QuestionContext, Replier, Requester } from './engine.ts'
