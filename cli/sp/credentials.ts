// Who `rollcall sp` is on tls+tcp: by certificates, from the files that its options name, or by the keys of the environment.

import { readFile } from 'node:fs/promises'

import type { Errand, Keyring } from '../../messaging/keys/keyring.ts'
import type { DialCredentials, ListenCredentials } from '../../messaging/sp/engine.ts'
import { RollcallError } from '../../messaging/sp/error.ts'
import type { PatternName } from './patterns.ts'

export interface TlsOptions {
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
  /** Whom it calls, or for whom it answers. */
  readonly service?: string
}

export interface Credentials {
  readonly dial: () => DialCredentials
  readonly listen: ListenCredentials
}

/** Undefined where nothing is said: then tls+tcp is refused. */
export async function readCredentials(
  options: TlsOptions,
  pattern: PatternName,
  openKeyring: () => Keyring | undefined,
): Promise<Credentials | undefined> {
  const { cacert, cert, key, service } = options
  const files = [cacert, cert, key].filter((path) => path !== undefined)
  if (files.length > 0 && service !== undefined)
    throw new RollcallError('ADDRESS_INVALID', 'sp: --service is for keys; certificates say by themselves who it is')
  if (service !== undefined) return fromKeys(openKeyring(), service, pattern)
  if (files.length === 0) return undefined
  if (files.length < 3)
    throw new RollcallError(
      'ADDRESS_INVALID',
      'sp: --cacert, --cert and --key belong together: each side checks the other',
    )
  const [caText = '', certText = '', keyText = ''] = await Promise.all(files.map((path) => readFile(path, 'utf8')))
  const certificates = { ca: caText, cert: certText, key: keyText }
  return { dial: () => certificates, listen: certificates }
}

function fromKeys(keyring: Keyring | undefined, service: string, pattern: PatternName): Credentials {
  const errand: Errand = pattern === 'respondent' ? { answerFor: service } : { call: service }
  if (!keyring) throw new RollcallError('KEY_INVALID', 'sp: --service needs ROLLCALL_KEY or ROLLCALL_KEYRING')
  return { dial: keyring.dialCredentials(errand), listen: keyring.listenCredentials() }
}
