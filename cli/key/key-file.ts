// Files of keys: for their owner alone from the first byte, never half written, and never written over by mistake.

import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { RollcallError } from '../../messaging/sp/error.ts'

/** Fails with `KEY_INVALID` where there is a file already: what it holds may be the last copy of a key. */
export function createKeyFile(path: string, text: string): void {
  try {
    write(path, text, 0o600)
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    const reason = isThere ? 'it is there already, and a key in it would be lost' : describe(cause)
    throw new RollcallError('KEY_INVALID', `${path} is not written: ${reason}`, { cause })
  }
}

/** Puts another text in the place of the file, at once and with its mode, and gives back what came with it. */
export function replaceKeyFile<R extends { readonly text: string }>(path: string, change: (text: string) => R): R {
  let before: string
  let mode: number
  try {
    before = readFileSync(path, 'utf8')
    // What others could read so far they can no longer.
    mode = statSync(path).mode & 0o600
  } catch (cause) {
    throw new RollcallError('KEY_INVALID', `${path} cannot be read: ${describe(cause)}`, { cause })
  }
  const changed = change(before)
  const beside = `${path}.new`
  try {
    write(beside, changed.text, mode)
    renameSync(beside, path)
  } catch (cause) {
    rmSync(beside, { force: true })
    throw new RollcallError('KEY_INVALID', `${path} is as it was: ${describe(cause)}`, { cause })
  }
  return changed
}

function write(path: string, text: string, mode: number): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  chmodSync(path, mode)
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
