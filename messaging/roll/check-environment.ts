// The variables of an agent beside those of a service: what is checked of a program that cannot answer for itself. The README's table and
// this are held together by a test.

import { z } from 'zod'
import type { Kind, Variables } from './variable.ts'
import { checkDefaults } from './check.ts'
import { readDuration } from './duration.ts'
import { wholeNumber, words } from './variable.ts'

const duration: Kind<number> = {
  accepts: 'a duration with its unit, such as 250ms, 2s or 1m',
  schema: z.string().transform((text, context) => {
    const read = readDuration(text)
    if ('ms' in read) return read.ms
    context.addIssue(read.reason)
    return z.NEVER
  }),
}

export const checkVariables = Object.freeze({
  SERVICE_CHECK_HTTP: {
    description: 'path on its port, or a whole URL, that has to answer 2xx; 429 is a warning',
    ...words('a path that begins with /, or an http or https URL', z.string().regex(/^(?:\/|https?:\/\/)/)),
  },
  SERVICE_CHECK_TCP: {
    description: 'host:port that has to accept a connection; default, where there is no other check: its own port',
    ...words('host:port', z.string().regex(/^\S+:\d{1,5}$/)),
  },
  SERVICE_CHECK_COMMAND: {
    description: 'command for the shell that has to end with 0; 1 is a warning',
    ...words('a command', z.string()),
  },
  SERVICE_CHECK_INTERVAL: {
    description: 'between two checks; until the first has passed it begins with four a second',
    ...duration,
    default: `${checkDefaults.intervalMs / 1_000}s`,
  },
  SERVICE_CHECK_TIMEOUT: {
    description: 'after which a check has failed',
    ...duration,
    default: `${checkDefaults.timeoutMs / 1_000}s`,
  },
  SERVICE_CHECK_RISE: {
    description: 'checks in a row that have to pass',
    ...wholeNumber({ min: 1, max: 100 }),
    default: String(checkDefaults.rise),
  },
  SERVICE_CHECK_FALL: {
    description: 'checks in a row that have to fail until it is critical',
    ...wholeNumber({ min: 1, max: 100 }),
    default: String(checkDefaults.fall),
  },
  SERVICE_INTERFACE: {
    description: 'interface, or network, that its address is to be of, where SERVICE_HOST gives none',
    ...words('the name of an interface, or a network such as 10.0.0.0/8', z.string()),
  },
}) satisfies Variables
