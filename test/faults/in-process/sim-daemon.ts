// The daemon's real code on a simulated host: core, HTTP, DNS, SP and the watch, each asked in memory. Any part of it can be another one, which is
// how the checker is shown daemons that are broken.

import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../../messaging/sp/engine.ts'
import type { LagProbe } from '../../../discovery/lag-probe.ts'
import type { LineRights } from '../../../discovery/line-rights.ts'
import type { Responder } from '../../../discovery/lookup/dns/responder.ts'
import type { WatchDoor } from '../../../discovery/lookup/http/watch/watch-door.ts'
import type { RollReader } from '../../../discovery/lookup/roll-reader.ts'
import type { Knowledge } from '../../../discovery/registry/knowledge.ts'
import type { Registry } from '../../../discovery/registry/registry.ts'
import type { RunSettings } from '../history.ts'
import type { Random } from '../random.ts'
import type { SimHost } from './sim-host.ts'
import { createDaemonCore } from '../../../discovery/daemon-core.ts'
import { daemonDefaults } from '../../../discovery/daemon-options.ts'
import { openLagProbe } from '../../../discovery/lag-probe.ts'
import { createLineRights } from '../../../discovery/line-rights.ts'
import { createResponder } from '../../../discovery/lookup/dns/responder.ts'
import { createChangeFan } from '../../../discovery/lookup/http/change-fan.ts'
import { createHttpApp } from '../../../discovery/lookup/http/http-app.ts'
import { createWatchDoor } from '../../../discovery/lookup/http/watch/watch-door.ts'
import { createKnowledge } from '../../../discovery/registry/knowledge.ts'
import { createRegistry } from '../../../discovery/registry/registry.ts'

/** What a daemon is made of. */
export interface DaemonParts {
  readonly engine: Engine
  readonly registry: Registry
  readonly knowledge: Knowledge
  readonly lag: LagProbe
  readonly judge: LineRights | undefined
  /** The reader as the doors of HTTP, DNS and the watch are given it. */
  readonly forDoors: (reader: RollReader) => RollReader
}

export interface PartsContext {
  readonly host: SimHost
  readonly settings: RunSettings
  readonly random: Random
}

/** Makes of the parts of a sound daemon those of a broken one. */
export type Breakage = (parts: DaemonParts, context: PartsContext) => DaemonParts

export interface SimDaemon {
  readonly host: SimHost
  readonly reader: RollReader
  readonly app: FastifyInstance
  readonly resolveName: Responder
  readonly watchDoor: WatchDoor
  /** Milliseconds that somebody set its time of day forward or back. */
  setDate(stepMs: number): void
  /** Ends as a killed process does. */
  kill(): Promise<void>
}

/** Small, so that one who does not read is found out by the few changes of a small fleet. */
const maxBufferedBytes = 256
/** No beats: the clock of a run would have to be moved for each. */
const heartbeatMs = 600_000

export async function openSimDaemon(context: PartsContext, breakage: Breakage): Promise<SimDaemon> {
  const { host, settings, random } = context
  const { engine, registry, knowledge, lag, judge, forDoors } = breakage(createParts(context), context)
  const core = createDaemonCore({
    ...daemonDefaults,
    engine,
    clock: host.clock,
    lag,
    registry,
    knowledge,
    ...(judge && { judge }),
    intervalMs: settings.intervalMs,
    deadlineMs: settings.deadlineMs,
    engineLimits: [],
  })
  let dateStepMs = 0
  const dateMs = () => host.clock.nowMs() + dateStepMs
  const reader = forDoors(core.reader)
  const doors = { reader, clock: host.clock, random, dateMs }
  const { lookups, metrics } = core
  const app = createHttpApp({ ...doors, lookups, metrics, gate: { requestsPerSecond: 0 } })
  await app.ready()
  const resolveName = createResponder({ reader, domain: 'rollcall', random, ownAddresses: ['10.0.0.1'] })
  const watchDoor = createWatchDoor({ ...doors, fan: createChangeFan(reader.changes), heartbeatMs, maxBufferedBytes })
  await engine.listen(`sim://${host.name}:1`, core.sockets)
  core.start()
  return {
    host,
    reader,
    app,
    resolveName,
    watchDoor,
    setDate(stepMs) {
      dateStepMs = stepMs
    },
    async kill() {
      host.kill()
      core.close()
      watchDoor.close()
      await app.close()
    },
  }
}

function createParts({ host, settings, random }: PartsContext): DaemonParts {
  const { misses, freezeMs, warmupMs, intervalMs, deadlineMs } = settings
  return {
    engine: host.engine,
    registry: createRegistry({ misses, freezeMs, random }),
    knowledge: createKnowledge({ warmupMs, roundMs: Math.max(intervalMs, deadlineMs) }),
    lag: openLagProbe(host.clock),
    judge: createLineRights(),
    forDoors: (reader) => reader,
  }
}
