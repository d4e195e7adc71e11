// The DNS door of a daemon: listens on UDP and TCP, on one port, and stops. Promises the real port in `address` and an error that names
// the variable to change when it cannot listen; what is answered stands in zone.ts.

import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../../../messaging/sp/clock.ts'
import type { RollReader } from '../roll-reader.ts'
import type { Responder, ResponderOptions } from './responder.ts'
import type { TcpListener, TcpListenerOptions } from './tcp-listener.ts'
import type { UdpListener } from './udp-listener.ts'
import { formatHostPort } from '../../../messaging/sp/address.ts'
import { systemClock } from '../../../messaging/sp/clock.ts'
import { RollcallError } from '../../../messaging/sp/error.ts'
import { createResponder } from './responder.ts'
import { listenTcp } from './tcp-listener.ts'
import { listenUdp } from './udp-listener.ts'

export interface DnsDoorOptions extends Pick<ResponderOptions, 'log'> {
  readonly reader: RollReader
  /** Name or IP address to listen on. */
  readonly host: string
  /** 0 = any that is free, the same for both. */
  readonly port: number
  /** The zone that it answers for. */
  readonly domain: string
  /** TCP connections at once. Default 256: most questions come over UDP, and each of these may hold 64 KiB. */
  readonly maxConnections?: number
  /** How long a TCP connection may ask nothing, in milliseconds. Default 10,000, of the seconds that RFC 7766 section 6.2.3 speaks of. */
  readonly idleMs?: number
  /** Default: the system's. */
  readonly clock?: Clock
  readonly random?: () => number
}

export interface DnsDoor {
  /** host:port where it listens, with the real port. */
  readonly address: string
  /** Stops listening and closes every connection. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Fails with `ADDRESS_IN_USE` or `ADDRESS_UNREACHABLE`; leaves nothing behind then. */
export async function openDnsDoor(options: DnsDoorOptions): Promise<DnsDoor> {
  const {
    reader,
    log,
    host,
    random = Math.random,
    clock = systemClock,
    maxConnections = 256,
    idleMs = 10_000,
  } = options
  let listeners: Listeners
  try {
    // Both on the same address, whatever the name stands for.
    const { address: ip } = await lookup(host)
    const domain = options.domain.toLowerCase()
    const respond = createResponder({ reader, domain, random, log, ownAddresses: readOwnAddresses(ip) })
    listeners = await listenBoth({ respond, host: ip, port: options.port, clock, maxConnections, idleMs })
  } catch (error) {
    throw describeListenFailure(error, host, options.port)
  }
  const { tcp, udp } = listeners
  let closing: Promise<void> | undefined
  async function closeBoth(): Promise<void> {
    await Promise.all([tcp.close(), udp.close()])
  }
  const close = () => (closing ??= closeBoth())
  return { address: formatHostPort({ host, port: tcp.port }), close, [Symbol.asyncDispose]: close }
}

interface Listeners {
  readonly tcp: TcpListener
  readonly udp: UdpListener
}

/** A port that is free for TCP may be taken for UDP. */
const maxTries = 16

async function listenBoth(options: TcpListenerOptions & { readonly respond: Responder }): Promise<Listeners> {
  for (let tries = 1; ; tries += 1) {
    const tcp = await listenTcp(options)
    try {
      return { tcp, udp: await listenUdp({ ...options, port: tcp.port }) }
    } catch (error) {
      await tcp.close()
      if (options.port !== 0 || tries === maxTries) throw error
    }
  }
}

/** Of an address that stands for all, those of this machine; none that another machine would take for its own, unless there is no other. */
function readOwnAddresses(ip: string): string[] {
  if (ip !== '0.0.0.0' && ip !== '::') return [ip]
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const usable = own.filter(({ family, scopeid }) => (family === 'IPv4' ? true : ip === '::' && !scopeid))
  const outer = usable.filter(({ internal }) => !internal)
  return (outer.length > 0 ? outer : usable).map(({ address }) => address)
}

function describeListenFailure(error: unknown, host: string, port: number): RollcallError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const place = formatHostPort({ host, port })
  if (code === 'EADDRINUSE') {
    const message = `${place} is in use by another program; set DNS_PORT to a port that is free for UDP and TCP, or to 0 for no DNS`
    return new RollcallError('ADDRESS_IN_USE', message, { cause: error })
  }
  const reason = error instanceof Error ? error.message : String(error)
  const message = `cannot listen on ${place} (${reason}); DNS_HOST and DNS_PORT say where`
  return new RollcallError('ADDRESS_UNREACHABLE', message, { cause: error })
}
