// The certificates of `rollcall sp` on tls+tcp, from the files that its options name.

import { readFile } from 'node:fs/promises'

import type { Certificates } from '../../messaging/sp/engine.ts'
import { RollcallError } from '../../messaging/sp/error.ts'

export interface TlsFiles {
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
}

/** Undefined when none is named. All three belong together: each side checks the other. */
export async function readTlsFiles({ cacert, cert, key }: TlsFiles): Promise<Certificates | undefined> {
  if (cacert === undefined && cert === undefined && key === undefined) return undefined
  if (cacert === undefined || cert === undefined || key === undefined)
    throw new RollcallError(
      'ADDRESS_INVALID',
      'sp: --cacert, --cert and --key belong together: each side checks the other',
    )
  const [caText, certText, keyText] = await Promise.all([cacert, cert, key].map((path) => readFile(path, 'utf8')))
  return { ca: caText ?? '', cert: certText ?? '', key: keyText ?? '' }
}
