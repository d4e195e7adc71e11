// One program on the roll of a simulated fleet: a service that joined, by the real code of `join()`, or a foreign one that answers with one line
// and knows nothing else.

import type { ProviderLine } from '../../../messaging/roll/answer.ts'
import type { SimHost } from './sim-host.ts'
import { readOwnLine } from '../../../messaging/roll/own-line.ts'
import { Speaker } from '../../../messaging/roll/speaker.ts'

export interface SimProvider {
  readonly service: string
  readonly id: string
  readonly ip: string
  /** Who a daemon takes it for: the key that it shows. */
  readonly identity: string
  readonly isForeign: boolean
}

export interface SimInstance {
  readonly host: SimHost
  readonly provider: SimProvider
  readonly address: string
  /** Says that it goes, and goes. A foreign one knows no such word. */
  leave(): Promise<void>
}

const port = 80
const silent = Object.freeze({ debug() {}, info() {}, warn() {} })

export function openSimInstance(
  host: SimHost,
  provider: SimProvider,
  daemons: readonly string[],
  boot: string,
): SimInstance {
  const addresses = daemons.map((daemon) => `sim://${daemon}:1`)
  const address = `tcp://${provider.ip}:${port}`
  if (provider.isForeign) {
    const answer = Buffer.from(`${provider.service}|${address}`)
    const respondent = host.engine.createRespondent(() => answer)
    for (const daemon of addresses) host.engine.dial(daemon, respondent)
    return { host, provider, address, leave: () => host.engine.close() }
  }
  const speaker = new Speaker({
    engine: host.engine,
    clock: host.clock,
    log: silent,
    addresses,
    places: [],
    dial: {},
    load: undefined,
    inflight: undefined,
  })
  const fields: Partial<ProviderLine> = { service: provider.service, id: provider.id, boot }
  speaker.add(readOwnLine({ ...fields, protocol: 'tcp', host: provider.ip, port }))
  return { host, provider, address, leave: () => speaker.leave() }
}
