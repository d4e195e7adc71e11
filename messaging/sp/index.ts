// The door of the SP layer: the engines, and the interfaces that both keep.

import type { Engine } from './engine.ts'
import { createSpEngine } from './engines/sp.ts'

/** Opens the engine of that name. `nanomsg` is an optional package: fails with `ENGINE_MISSING` where it is not installed. */
export async function openEngine(name: Engine['name']): Promise<Engine> {
  if (name === 'sp') return createSpEngine()
  const { openNanomsgEngine } = await import('./engines/nanomsg.ts')
  return openNanomsgEngine()
}

export { createSpEngine }
export type { SpEngineOptions } from './engines/sp.ts'
export type {
  Counters,
  Dialer,
  Engine,
  EngineFeatures,
  Handler,
  HandlerOptions,
  Listener,
  Pipe,
  PipeAddress,
  QuestionContext,
  Replier,
  Requester,
  RequestOptions,
  Respondent,
  Round,
  RoundOutcome,
  SocketOptions,
  SpSocket,
  SurveyAnswer,
  Surveyor,
  SurveyorOptions,
  SurveyOptions,
} from './engine.ts'
