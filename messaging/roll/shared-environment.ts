// The variables that every program of ours has, and those that the design names and that do not work yet.

import type { Variables } from './variable.ts'
import { oneOf } from './variable.ts'

export const sharedVariables = Object.freeze({
  ROLLCALL_ENGINE: {
    description: 'SP engine: our own in TypeScript, or npm nanomsg, which has to be installed',
    ...oneOf(['sp', 'nanomsg']),
    default: 'sp',
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
  ROLLCALL_KEY: 'there are no keys in this release and the fleet is open: unset it',
  ROLLCALL_KEYRING: 'there are no keys in this release and the fleet is open: unset it',
  DNS_PORT: 'there is no DNS in this release, ask over HTTP: unset it',
  DNS_DOMAIN: 'there is no DNS in this release, ask over HTTP: unset it',
  'SERVICE_CHECK_*': 'a service in this release answers for itself, without checks: unset it',
})

/** Of the command line and of compose.yaml: no mistake where a daemon or a service finds them. */
export const otherRollcallNames: readonly string[] = Object.freeze(['ROLLCALL_URL', 'ROLLCALL_HTTP', 'ROLLCALL_HTTP_2'])
