// One key: 32 bytes, whose they are and what for, and the text that people move around. Derivation goes one way: from the root
// to `member`, `call` and `roll`, from `roll` to `roll:NAME`. No message ever holds a secret.

import type { KeyIdentity, Purpose } from './identity.ts'
import { hkdfSync, randomBytes } from 'node:crypto'
import { RollcallError } from '../sp/error.ts'
import { isCluster, isKeyId, readPurpose } from './identity.ts'

export interface Key extends KeyIdentity {
  readonly secret: Uint8Array
}

const secretBytes = 32
const form = 'rck1.<cluster>.<key-id>.<purpose>.<43 characters of base64url>, as `rollcall key new` prints it'

/** Random: the chosen words of people can be guessed from a recorded handshake. */
export function createRootKey(cluster: string): Key {
  if (!isCluster(cluster))
    throw new RollcallError('KEY_INVALID', 'a cluster is the name of a service, or * for every name of the fleet')
  const secret = randomBytes(secretBytes)
  return { cluster, keyId: keyIdOf(secret), purpose: 'root', secret }
}

/** Fails with `KEY_INVALID` where the purpose does not follow from that of the key, such as `call` from `roll`. */
export function deriveKey(key: Key, purpose: Purpose): Key {
  const derived = tryDerive(key, purpose)
  if (derived) return derived
  throw new RollcallError(
    'KEY_INVALID',
    `no ${purpose} key follows from a ${key.purpose} key of cluster ${key.cluster}`,
  )
}

export function tryDerive(key: Key, purpose: Purpose): Key | undefined {
  if (purpose === key.purpose) return key
  const { cluster, keyId } = key
  const name = purpose.startsWith('roll:') ? purpose.slice(5) : undefined
  if (name !== undefined) {
    const roll = cluster === '*' || cluster === name ? tryDerive(key, 'roll') : undefined
    return roll && { cluster, keyId, purpose, secret: expand(roll.secret, purpose) }
  }
  return key.purpose === 'root' ? { cluster, keyId, purpose, secret: expand(key.secret, purpose) } : undefined
}

export function formatKey({ cluster, keyId, purpose, secret }: Key): string {
  return `rck1.${cluster}.${keyId}.${purpose}.${Buffer.from(secret).toString('base64url')}`
}

/** Fails with `KEY_INVALID` and a sentence that says what is wrong, not what was found. */
export function readKey(text: string): Key {
  const [version, cluster = '', keyId = '', purposeText = '', secretText = '', ...more] = text.trim().split('.')
  if (version !== 'rck1' || more.length > 0) throw invalid('it does not begin with rck1. or has too many parts')
  if (!isCluster(cluster)) throw invalid('its cluster is neither a service name nor *')
  if (!isKeyId(keyId)) throw invalid('its key id is not 12 digits of 0-9 and a-f')
  const purpose = readPurpose(purposeText)
  if (purpose === undefined) throw invalid('its purpose is not root, member, call, roll or roll:NAME')
  const secret = Buffer.from(secretText, 'base64url')
  if (secret.length !== secretBytes || secret.toString('base64url') !== secretText)
    throw invalid('its secret is not 32 bytes in base64url: it was cut off, or made by hand')
  if (purpose === 'root' && keyIdOf(secret) !== keyId)
    throw invalid('its key id is not that of its secret: a character is wrong')
  return { cluster, keyId, purpose, secret }
}

function invalid(reason: string): RollcallError {
  return new RollcallError('KEY_INVALID', `the key is refused: ${reason}; accepted is ${form}`)
}

function keyIdOf(secret: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', secret, '', 'rollcall key id', 6)).toString('hex')
}

function expand(secret: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `rollcall ${label}`, secretBytes))
}
