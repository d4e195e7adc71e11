// Where the daemons are, as a program gives it or as the environment does, turned into addresses to dial.

import type { DaemonPlace } from './own-address.ts'
import type { ServiceEnvironment } from './service-environment.ts'
import { formatHostPort, readHostPort } from '../sp/address.ts'
import { RollcallError } from '../sp/error.ts'
import { readDiscoveryAddress } from './service-environment.ts'

export interface DaemonPlan {
  /** SP addresses to dial. */
  readonly addresses: readonly string[]
  /** The same, where they are a host and a port. */
  readonly places: readonly DaemonPlace[]
}

/** What the program gives wins over DISCOVERY_HOST. Fails with `ADDRESS_INVALID`. */
export function planDaemons(
  given: readonly string[] | undefined,
  values: Pick<ServiceEnvironment['values'], 'DISCOVERY_HOST' | 'DISCOVERY_PORT'>,
  scheme: string,
): DaemonPlan {
  const defaultPort = values.DISCOVERY_PORT
  const found = given?.map((text) => readPlace(text, scheme, defaultPort)) ?? values.DISCOVERY_HOST ?? []
  const dialled = found.map((place) =>
    'address' in place ? place : formatPlace(scheme, { host: place.host, port: place.port ?? defaultPort }),
  )
  return {
    addresses: [...new Set(dialled.map(({ address }) => address))],
    places: dialled.flatMap(({ place }) => (place ? [place] : [])),
  }
}

interface Dialled {
  readonly address: string
  readonly place: DaemonPlace | undefined
}

function readPlace(text: string, scheme: string, defaultPort: number): Dialled {
  if (text.includes('://')) {
    const [, rest] = /^(?:tls\+)?tcp:\/\/(.*)$/.exec(text) ?? []
    return { address: text, place: rest === undefined ? undefined : readHostPort(rest) }
  }
  const place = readDiscoveryAddress(text)
  if (place) return formatPlace(scheme, { host: place.host, port: place.port ?? defaultPort })
  throw new RollcallError('ADDRESS_INVALID', `discovery: ${JSON.stringify(text)} is neither host nor host:port`)
}

function formatPlace(scheme: string, place: DaemonPlace): Dialled {
  return { address: `${scheme}://${formatHostPort(place)}`, place }
}
