// The discovery daemon put together: an engine, the core on it (daemon-core.ts), the port of SP, and the doors of HTTP and DNS. What it
// opens it closes; each part is elsewhere.

import type { Clock } from '../messaging/sp/clock.ts'
import type { Engine } from '../messaging/sp/engine.ts'
import type { DaemonOptions } from './daemon-options.ts'
import type { DnsDoor } from './lookup/dns/dns-door.ts'
import type { HttpDoor } from './lookup/http/http-door.ts'
import type { RollReader } from './lookup/roll-reader.ts'
import { systemClock } from '../messaging/sp/clock.ts'
import { RollcallError } from '../messaging/sp/error.ts'
import { openEngine } from '../messaging/sp/index.ts'
import { createDaemonCore } from './daemon-core.ts'
import { daemonDefaults } from './daemon-options.ts'
import { readGateways } from './gateways.ts'
import { openLagProbe } from './lag-probe.ts'
import { createLineRights } from './line-rights.ts'
import { openDnsDoor } from './lookup/dns/dns-door.ts'
import { openHttpDoor } from './lookup/http/http-door.ts'
import { createRefusedPeers } from './refused-peers.ts'
import { createKnowledge } from './registry/knowledge.ts'
import { createRegistry } from './registry/registry.ts'

export interface Daemon {
  /** Where respondents dial, with the real port. */
  readonly spAddress: string
  readonly httpUrl: string
  /** host:port for DNS, over UDP and TCP, with the real port; undefined without DNS. */
  readonly dnsAddress: string | undefined
  readonly reader: RollReader
  /** Stops listening, lets answers under way go out, and leaves nothing running. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Fails with `ADDRESS_IN_USE` (the message names the variable to change) or `ENGINE_MISSING`; leaves nothing behind then. */
export async function openDaemon(given: DaemonOptions = {}, clock: Clock = systemClock): Promise<Daemon> {
  const options = { ...daemonDefaults, ...given }
  const engine = await openEngine(options.engine)
  const lag = openLagProbe(clock)
  try {
    return await startDaemon(options, clock, engine, lag)
  } catch (error) {
    lag.close()
    await engine.close()
    throw error
  }
}

async function startDaemon(
  options: Required<DaemonOptions>,
  clock: Clock,
  engine: Engine,
  lag: ReturnType<typeof openLagProbe>,
): Promise<Daemon> {
  const { log, misses, freezeMs, warmupMs, intervalMs, deadlineMs } = options
  const limits = describeLimits(engine, options)
  const core = createDaemonCore({
    ...options,
    engine,
    clock,
    lag,
    registry: createRegistry({ misses, freezeMs, gateways: await readGateways() }),
    knowledge: createKnowledge({ warmupMs, roundMs: Math.max(intervalMs, deadlineMs) }),
    ...(options.keyring && { judge: createLineRights() }),
    engineLimits: limits,
  })
  const { reader, sockets, lookups, metrics } = core

  const listener = await listenSp(engine, options, sockets, createRefusedPeers(log, clock))
  const http = await openHttpDoor({
    reader,
    lookups,
    metrics,
    host: options.httpHost,
    port: options.httpPort,
    gate: { token: options.httpToken, requestsPerSecond: options.httpRate, origins: options.httpOrigins },
    certificate: options.httpCertificate,
    log,
  })
  const dns = await openDns(options, lookups.through('dns', reader), clock, http)
  core.start()
  const dnsAddress = dns?.address
  log.info({ sp: listener.address, http: http.url, dns: dnsAddress, engine: engine.name }, 'listening')
  const stopGuard = options.keyring?.guard(...sockets)
  if (!options.keyring) log.warn('the fleet is open: whoever reaches the SP port can put a service on the roll')
  for (const limit of limits) log.warn({ engine: engine.name }, limit)

  let closing: Promise<void> | undefined
  async function closeAll(): Promise<void> {
    core.close()
    stopGuard?.()
    await Promise.all([http.close(), dns?.close()])
    await engine.close()
    log.info('closed')
  }
  const close = () => (closing ??= closeAll())
  return { spAddress: listener.address, httpUrl: http.url, dnsAddress, reader, close, [Symbol.asyncDispose]: close }
}

/** The doors are open together or not at all. */
async function openDns(
  { dnsHost: host, dnsPort: port, dnsDomain: domain, log }: Required<DaemonOptions>,
  reader: RollReader,
  clock: Clock,
  http: HttpDoor,
): Promise<DnsDoor | undefined> {
  if (port === undefined) return undefined
  try {
    return await openDnsDoor({ reader, host, port, domain, clock, log })
  } catch (error) {
    await http.close()
    throw error
  }
}

async function listenSp(
  engine: Engine,
  { host, port, keyring }: Required<DaemonOptions>,
  sockets: Parameters<Engine['listen']>[1],
  onRefused: ReturnType<typeof createRefusedPeers>,
) {
  if (keyring && !engine.features.transports.includes('tls+tcp'))
    throw new RollcallError(
      'NOT_SUPPORTED',
      `the engine ${engine.name} has no tls+tcp, which keys need: unset ROLLCALL_ENGINE`,
    )
  const scheme = keyring ? 'tls+tcp' : 'tcp'
  const credentials = keyring?.listenCredentials()
  try {
    return await engine.listen(`${scheme}://${host}:${port}`, sockets, {
      onRefused,
      ...(credentials && { credentials }),
    })
  } catch (error) {
    if (!(error instanceof RollcallError) || error.code !== 'ADDRESS_IN_USE') throw error
    const message = `port ${port} is in use by another program; set PORT to a free port`
    throw new RollcallError('ADDRESS_IN_USE', message, { cause: error })
  }
}

/** What does not hold on an engine that lacks pipe events: said once in the log, and in /health. */
function describeLimits(engine: Engine, { intervalMs, deadlineMs, misses }: Required<DaemonOptions>): string[] {
  if (engine.features.pipeEvents) return []
  const roundMs = Math.max(intervalMs, deadlineMs)
  return [
    `a join is seen with the next round: within ${roundMs + deadlineMs} ms`,
    `a death is suspected with the first missed round, and gone with the ${misses}th: within ${(misses + 1) * roundMs} ms`,
    `every round lasts its deadline of ${deadlineMs} ms`,
    'no lookups and no hints over SP: one socket to a port',
  ]
}

export type { DaemonOptions }
