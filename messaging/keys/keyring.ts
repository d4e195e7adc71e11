// The keys that a program holds, of any number of clusters, several each while one follows another: the first speaks, all
// listen. Can be exchanged while it is in use; pipes whose key has gone are closed by who holds their sockets.

import type { DialCredentials, ListenCredentials, PresharedKey, SpSocket } from '../sp/engine.ts'
import type { Rights } from './identity.ts'
import type { Key } from './key.ts'
import { RollcallError } from '../sp/error.ts'
import { HandshakeRefused } from '../sp/transport.ts'
import { formatIdentity, readIdentity, rightsOf } from './identity.ts'
import { readKey, tryDerive } from './key.ts'

/** What somebody who dials wants to do there: answer for a service, for every service of the cluster, or call it. */
export type Errand = { readonly answerFor: string } | { readonly answerForAllOf: string } | { readonly call: string }

export interface Keyring {
  readonly keys: readonly Key[]
  /** The key of an identity now, or undefined: it is not held here, nor what it derives from. */
  keyOf(identity: string): Uint8Array | undefined
  /** Who this program is on that errand: the first key that allows it, and no more of it than the errand needs. */
  speakFor(errand: Errand): PresharedKey | undefined
  /** For engine.listen(): everybody whose key is held here and whom `accepts` takes. */
  listenCredentials(accepts?: (rights: Rights) => boolean): ListenCredentials
  /** For engine.dial(), asked for at each attempt, which comes to nothing as `no-key-held` where no key allows the errand now. */
  dialCredentials(errand: Errand): () => DialCredentials
  /** Takes these keys instead from now on, and tells who asked to be told. */
  replace(keys: readonly Key[]): void
  /** Closes the pipes of these sockets whose key is no longer held, now and at each replace() until the function that comes back is called. */
  guard(...sockets: readonly SpSocket[]): () => void
}

export function createKeyring(given: readonly Key[]): Keyring {
  let keys = given
  /** Derived keys by identity; a peer that dials again and again costs no derivation. Only of keys held: bounded by names. */
  let derived = new Map<string, Uint8Array>()
  const guarded = new Set<readonly SpSocket[]>()

  function findKey(identityText: string): Key | undefined {
    const identity = readIdentity(identityText)
    if (!identity) return undefined
    for (const key of keys) {
      if (key.cluster !== identity.cluster || key.keyId !== identity.keyId) continue
      const found = tryDerive(key, identity.purpose)
      if (found) return found
    }
    return undefined
  }

  function keyOf(identity: string): Uint8Array | undefined {
    const known = derived.get(identity)
    if (known) return known
    const found = findKey(identity)?.secret
    if (found && derived.size < maxDerived) derived.set(identity, found)
    return found
  }

  function speakFor(errand: Errand): PresharedKey | undefined {
    const cluster = clusterOf(errand)
    // A key of the cluster itself before one of the whole fleet.
    for (const held of [cluster, '*'])
      for (const key of keys) {
        if (key.cluster !== held) continue
        for (const purpose of purposesFor(errand)) {
          const found = tryDerive(key, purpose)
          if (found) return { identity: formatIdentity(found), key: found.secret }
        }
      }
    return undefined
  }

  function closeRevoked(sockets: readonly SpSocket[]): void {
    for (const socket of sockets)
      for (const pipe of socket.pipes)
        if (pipe.identity !== undefined && !keyOf(pipe.identity)) pipe.close('key-revoked')
  }

  return {
    get keys() {
      return keys
    },
    keyOf,
    speakFor,
    listenCredentials: (accepts = () => true) => ({
      keyOf(identity) {
        const rights = rightsOf(identity)
        return rights && accepts(rights) ? keyOf(identity) : undefined
      },
    }),
    dialCredentials: (errand) => () => {
      const credentials = speakFor(errand)
      if (credentials) return credentials
      throw new HandshakeRefused('no-key-held')
    },
    replace(next) {
      keys = next
      derived = new Map()
      for (const sockets of guarded) closeRevoked(sockets)
    },
    guard(...sockets) {
      guarded.add(sockets)
      closeRevoked(sockets)
      return () => void guarded.delete(sockets)
    },
  }
}

/** Names are the peer's choice where a whole fleet has one root. */
const maxDerived = 10_000

/** One key a line; what follows # is for people. Fails with `KEY_INVALID`, which names the line and not what is in it. */
export function readKeyring(text: string): Key[] {
  const keys: Key[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const found = line.replace(/#.*/, '').trim()
    if (found === '') continue
    try {
      keys.push(readKey(found))
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new RollcallError('KEY_INVALID', `line ${index + 1}: ${reason}`, { cause })
    }
  }
  if (keys.length === 0) throw new RollcallError('KEY_INVALID', 'there is no key in it')
  return keys
}

function clusterOf(errand: Errand): string {
  if ('answerFor' in errand) return errand.answerFor
  return 'call' in errand ? errand.call : errand.answerForAllOf
}

/** The least first: a daemon that holds `roll` alone can check it, and who listens in its place learns nothing else. */
function purposesFor(errand: Errand) {
  if ('answerFor' in errand) return [`roll:${errand.answerFor}`, 'member'] as const
  return 'call' in errand ? (['call', 'member'] as const) : (['roll', 'member'] as const)
}
