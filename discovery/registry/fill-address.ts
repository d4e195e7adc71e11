// Where an instance is, as far as it can be known: what its line says, or what the daemon sees at the other end of the
// pipe. Addresses that others are likely not to reach are taken and marked. DESIGN.md section 4, "Where". Pure.

import type { ProviderLine } from '../../messaging/roll/answer.ts'
import type { RollPipe } from './registry.ts'
import ipaddr from 'ipaddr.js'
import { formatProviderAddress } from '../../messaging/roll/provider-address.ts'

export interface FilledAddress {
  readonly host: string
  readonly address: string
  /** Others may not reach it. */
  readonly unsure: boolean
}

/** Undefined where the line gives no host and the pipe shows none. */
export function fillAddress(
  provider: ProviderLine,
  pipe: Pick<RollPipe, 'remote'>,
  gateways: ReadonlySet<string>,
): FilledAddress | undefined {
  const isFilled = provider.host === ''
  const host = isFilled ? pipe.remote?.host : provider.host
  if (host === undefined) return undefined
  const address = formatProviderAddress({ protocol: provider.protocol, host, port: provider.port })
  return { host, address, unsure: isFilled ? isUnsure(host, gateways) : isElsewhere(host, pipe) }
}

function isUnsure(host: string, gateways: ReadonlySet<string>): boolean {
  return gateways.has(host) || isLocal(host)
}

/** A service elsewhere that says that it is on loopback means its own loopback, not ours. */
function isElsewhere(host: string, { remote }: Pick<RollPipe, 'remote'>): boolean {
  return isLocal(host) && remote !== undefined && !isLocal(remote.host)
}

function isLocal(host: string): boolean {
  if (host === 'localhost') return true
  if (!ipaddr.isValid(host)) return false
  const range = ipaddr.process(host).range()
  return range === 'loopback' || range === 'linkLocal'
}
