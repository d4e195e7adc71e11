// What a fault is to a run on containers: it is done, lasts, and is undone. Where its host lives or dies by it, it records that itself.

import type { PlannedFault } from '../schedule.ts'
import type { FaultFleet, Host } from './fleet.ts'
import type { Recorder } from './recorder.ts'

export interface FaultContext {
  readonly fleet: FaultFleet
  readonly recorder: Recorder
  /** Where nfdelay is; undefined where it is not, and nothing is delayed. */
  readonly delayProgram: string | undefined
}

export interface Planned extends PlannedFault {
  /** Of this fault, of all that were done to the fleet. */
  readonly number: number
}

export interface Fault {
  begin(): Promise<void>
  end(): Promise<void>
  /** After its end, what came of it, where whoever did it can tell; else what the clients saw has to tell. */
  cameTo?(): string | undefined
}

export type CreateFault = (context: FaultContext, planned: Planned) => Fault

/** The only host of a fault that has one. */
export function hostOf({ fleet }: FaultContext, { hosts }: Planned, at = 0): Host {
  return fleet.host(hosts[at] ?? '')
}
