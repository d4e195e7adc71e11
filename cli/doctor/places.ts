// Where the daemons should be, from what a program would be told: over HTTP for who asks, over SP for who joins.

import { readEnvironment } from '../../messaging/roll/read-environment.ts'
import { serviceVariables } from '../../messaging/roll/service-environment.ts'
import { formatHostPort } from '../../messaging/sp/address.ts'
import { RollcallError } from '../../messaging/sp/error.ts'
import { readDaemonUrls } from '../asking/daemon-client.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface SpPlace {
  /** A name or an IP address, without brackets. */
  readonly host: string
  readonly port: number
}

export interface Places {
  readonly urls: readonly string[]
  readonly spPlaces: readonly SpPlace[]
}

const { DISCOVERY_HOST, DISCOVERY_PORT, SERVICE_NAME } = serviceVariables
const variables = Object.freeze({ DISCOVERY_HOST, DISCOVERY_PORT, SERVICE_NAME })

/** `option`: that of `--daemon`. In a service's container DISCOVERY_HOST alone may be set: then daemons are where it says, on the default
 * port of HTTP. Fails with `ADDRESS_INVALID`. */
export function planPlaces(option: string | undefined, env: Terminal['env']): Places {
  const told = readTold(env)
  const hosts = told?.DISCOVERY_HOST ?? []
  const isToldUrl = option !== undefined || (env['ROLLCALL_URL'] ?? '') !== ''
  const fromHosts = hosts.map(({ host }) => `http://${formatHostPort({ host, port: 8500 })}`)
  const urls = isToldUrl || hosts.length === 0 ? readDaemonUrls(option, env) : [...new Set(fromHosts)]
  const port = told?.DISCOVERY_PORT ?? 5555
  const spPlaces =
    hosts.length === 0 ? placesOf(urls, readOwnPort(env) ?? port) : hosts.map((at) => ({ port, ...defined(at) }))
  return { urls, spPlaces }
}

/** What the service of this environment is called; undefined: it is none. */
export function readServiceName(env: Terminal['env']): string | undefined {
  return readTold(env)?.SERVICE_NAME
}

/** Undefined where one of them is wrong, which the check of the environment says. */
function readTold(env: Terminal['env']) {
  try {
    return readEnvironment(variables, env).values
  } catch (error) {
    if (error instanceof RollcallError) return undefined
    throw error
  }
}

function defined({ host, port }: { readonly host: string; readonly port: number | undefined }) {
  return port === undefined ? { host } : { host, port }
}

/** The daemon's own variable, in its container. */
function readOwnPort(env: Terminal['env']): number | undefined {
  const text = env['PORT'] ?? ''
  return /^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined
}

function placesOf(urls: readonly string[], port: number): SpPlace[] {
  const hosts = new Set(urls.map((url) => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')))
  return [...hosts].map((host) => ({ host, port }))
}
