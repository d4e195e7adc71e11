// What the other end of a pipe may do, by who it proved to be, and as whom this node dials. The rules are those of the keys; here is what
// Iris asks of them.

import type { Keyring } from '../keys/keyring.ts'
import type { DialCredentials } from '../sp/engine.ts'
import { rightsOf } from '../keys/identity.ts'

export interface Rights {
  /** Whether who is at the other end may call this cluster, or publish to this topic, here. */
  mayCall(identity: string | undefined, name: string): boolean
  /** Whether who dialled us is proven to be a member of the cluster, so that calls to it may go back over its own pipe. */
  mayServe(identity: string | undefined, name: string): boolean
  /** As whom this node calls the name now. Names with the same identity share a pipe. */
  identityFor(name: string): string | undefined
  /** What to dial a member of the name with; undefined in an open fleet. */
  credentialsFor(name: string): (() => DialCredentials) | undefined
}

/** A fleet without keys: everyone may do everything. */
export const openRights: Rights = Object.freeze({
  mayCall: () => true,
  mayServe: () => true,
  identityFor: () => undefined,
  credentialsFor: () => undefined,
})

/** By the identity of the pipe alone. Who only showed that it may call a cluster is not taken for one of it. */
export function keyringRights(keyring: Keyring): Rights {
  return {
    mayCall: (identity, name) => identity !== undefined && rightsOf(identity)?.mayCall(name) === true,
    mayServe(identity, name) {
      const rights = identity === undefined ? undefined : rightsOf(identity)
      return rights?.identity.purpose === 'member' && rights.mayCall(name)
    },
    identityFor: (name) => keyring.speakFor({ call: name })?.identity,
    credentialsFor: (name) => keyring.dialCredentials({ call: name }),
  }
}
