// The variables that every program of ours has, and those that the design names and that do not work yet.

import { z } from 'zod'
import { readKey } from '../keys/key.ts'
import type { Kind, Variables } from './variable.ts'
import { oneOf, words } from './variable.ts'

const secretKey: Kind<string> = {
  accepts: 'a key as `rollcall key new` or `rollcall key derive` prints it',
  schema: z.string().refine((text) => {
    try {
      return readKey(text).secret.length > 0
    } catch {
      // Which part of it is wrong would be printed beside the secret; `rollcall key show` tells.
      return false
    }
  }),
}

export const sharedVariables = Object.freeze({
  ROLLCALL_ENGINE: {
    description: 'SP engine: our own in TypeScript, or npm nanomsg, which has to be installed',
    ...oneOf(['sp', 'nanomsg']),
    default: 'sp',
  },
  ROLLCALL_KEY: {
    description: 'key of the fleet; everything of it then goes over tls+tcp, and nobody without a key gets in',
    ...secretKey,
    isSecret: true,
  },
  ROLLCALL_KEYRING: {
    description:
      'file of keys, one a line, instead of ROLLCALL_KEY: the first speaks, all listen; read again on SIGHUP',
    ...words('path of a file', z.string()),
  },
  LOG_LEVEL: {
    description: 'least severe level that is logged',
    ...oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    default: 'info',
  },
  LOG_FORMAT: {
    description: 'JSON for machines or a line for people; default line on a terminal, else json',
    ...oneOf(['json', 'line']),
  },
}) satisfies Variables

/** Setting one must not be taken for having its effect. */
export const notYetVariables: Readonly<Record<string, string>> = Object.freeze({
  'SERVICE_CHECK_*':
    'a program that answers for itself is not checked; start it by `rollcall agent -- PROGRAM`, or unset it',
})

/** Of the command line and of compose.yaml: no mistake where a daemon or a service finds them. */
export const otherRollcallNames: readonly string[] = Object.freeze([
  'ROLLCALL_URL',
  'ROLLCALL_HTTP',
  'ROLLCALL_HTTP_2',
  'ROLLCALL_DNS',
  'ROLLCALL_DNS_2',
])
