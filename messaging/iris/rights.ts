// What the other end of a pipe may do, by who it proved to be. The rules of the keys are theirs; here is what Iris asks.

import type { DialCredentials } from '../sp/engine.ts'

export interface Rights {
  /** Whether who is at the other end may call this cluster, or publish to this topic, here. */
  mayCall(identity: string | undefined, name: string): boolean
  /** Whether who dialled us is proven to be a member of the cluster, so that calls to it may go back over its own pipe. */
  mayServe(identity: string | undefined, name: string): boolean
  /** What to dial a member of this cluster with; undefined in an open fleet. */
  credentialsFor(name: string): DialCredentials | undefined
}

/** A fleet without keys: everyone may do everything. */
export const openRights: Rights = Object.freeze({
  mayCall: () => true,
  mayServe: () => true,
  credentialsFor: () => undefined,
})
