// The keyring of a program, from one key or from a file of them, and read once more when it is told to. A file that others
// can read is warned about, and one that cannot be read leaves the keys in use as they are.

import type { Key } from './key.ts'
import type { Keyring } from './keyring.ts'
import { readFileSync, statSync } from 'node:fs'
import { RollcallError } from '../sp/error.ts'
import { readKey } from './key.ts'
import { createKeyring, readKeyring } from './keyring.ts'

/** As much of a pino logger as is needed. */
export interface KeyringLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface KeyringSource {
  /** ROLLCALL_KEY: one key, as text. */
  readonly key?: string | undefined
  /** ROLLCALL_KEYRING: path of a file of keys. */
  readonly path?: string | undefined
}

export interface OpenKeyring extends Keyring {
  /** Reads the file once more; false, with a warning, where that failed and the keys in use stay. */
  reread(): boolean
}

/** Undefined where there is no key: the fleet is open. Fails with `KEY_INVALID`. */
export function openKeyring({ key, path }: KeyringSource, log?: KeyringLog): OpenKeyring | undefined {
  if (key !== undefined && path !== undefined)
    throw new RollcallError('KEY_INVALID', 'ROLLCALL_KEY and ROLLCALL_KEYRING are both set: set one of them')
  if (key === undefined && path === undefined) return undefined
  const keyring = createKeyring(path === undefined ? [readKey(key ?? '')] : readKeyringFile(path, log))
  return Object.assign(keyring, {
    reread(): boolean {
      if (path === undefined) return true
      try {
        keyring.replace(readKeyringFile(path, log))
        log?.info({ path, keys: keyring.keys.map(describeKey) }, 'keys read again')
        return true
      } catch (error) {
        log?.warn({ path, err: error }, 'keys not read again: those in use stay')
        return false
      }
    },
  })
}

/** Whose it is and what for; nothing secret. */
export function describeKey({ cluster, keyId, purpose }: Key): string {
  return `${cluster}/${keyId}/${purpose}`
}

/** A file that belongs to somebody else, as a mounted secret belongs to root, is read by way of its group: that it lets in. */
export function isReadByOthers(
  file: { readonly mode: number; readonly uid: number },
  ownUid: number | undefined,
): boolean {
  return (file.mode & (file.uid === ownUid ? 0o077 : 0o007)) !== 0
}

/** Fails with `KEY_INVALID`. */
export function readKeyringFile(path: string, log?: KeyringLog): Key[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
    const { mode, uid } = statSync(path)
    if (isReadByOthers({ mode, uid }, process.getuid?.()))
      log?.warn(
        { path, mode: (mode & 0o777).toString(8).padStart(4, '0') },
        'keys can be read by other users: chmod 600',
      )
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RollcallError('KEY_INVALID', `the keyring cannot be read: ${reason}`, { cause })
  }
  try {
    return readKeyring(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RollcallError('KEY_INVALID', `${path}: ${reason}`, { cause })
  }
}
