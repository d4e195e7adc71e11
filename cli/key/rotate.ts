// From an old root key to a new one in three steps, each of which leaves everybody able to talk to everybody: the text of a
// keyring in, the text of the next one out. Comments and the keys of other clusters stay as they are.

import type { Key } from '../../messaging/keys/key.ts'
import { createRootKey, formatKey, readKey } from '../../messaging/keys/key.ts'
import { readKeyring } from '../../messaging/keys/keyring.ts'
import { RollcallError } from '../../messaging/sp/error.ts'

export type RotationStep = 'add' | 'switch' | 'drop'
export const rotationSteps: readonly RotationStep[] = ['add', 'switch', 'drop']

export const nextSteps: Readonly<Record<RotationStep, string>> = Object.freeze({
  add: 'a new key is listened for; bring the file everywhere and send SIGHUP, then: rollcall key rotate switch',
  switch: 'the new key speaks; bring the file everywhere and send SIGHUP, then: rollcall key rotate drop',
  drop: 'the old key is gone; bring the file everywhere and send SIGHUP, and that is all',
})

interface KeyLine {
  readonly at: number
  readonly key: Key
}

/** Fails with `KEY_INVALID` where the step is not the next one. */
export function rotate(
  text: string,
  step: RotationStep,
  asked?: string,
): { readonly text: string; readonly cluster: string } {
  const cluster = asked ?? onlyCluster(readKeyring(text))
  const lines = text.split('\n')
  const [first, second, ...more] = findRoots(lines, cluster)
  if (!first) throw wrong(`there is no root key of ${cluster} in it, and other keys are derived anew instead`)
  if (step === 'add') {
    if (second) throw wrong('a second key is there already: the next step is switch, or drop')
    lines.splice(first.at + 1, 0, formatKey(createRootKey(cluster)))
  } else {
    if (!second) throw wrong('there is one key, and nothing to follow it: the first step is add')
    if (step === 'switch') {
      const [old = '', next = ''] = [lines[first.at], lines[second.at]]
      lines[first.at] = next
      lines[second.at] = old
    } else {
      const dropped = new Set([second, ...more].map(({ at }) => at))
      return { cluster, text: lines.filter((_, at) => !dropped.has(at)).join('\n') }
    }
  }
  return { cluster, text: lines.join('\n') }
}

function onlyCluster(keys: readonly Key[]): string {
  const [cluster = '', ...more] = new Set(keys.map((key) => key.cluster))
  if (more.length > 0)
    throw wrong(`it has keys of several clusters: say which by --cluster, one of ${[cluster, ...more].join(', ')}`)
  return cluster
}

function findRoots(lines: readonly string[], cluster: string): KeyLine[] {
  return lines.flatMap((line, at) => {
    const found = line.replace(/#.*/, '').trim()
    if (found === '') return []
    const key = readKey(found)
    return key.cluster === cluster && key.purpose === 'root' ? [{ at, key }] : []
  })
}

function wrong(reason: string): RollcallError {
  return new RollcallError('KEY_INVALID', `the keyring is as it was: ${reason}`)
}
