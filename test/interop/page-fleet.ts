// A daemon with a fleet for the tests of the page: who is on the roll is set by hand, and the daemon can go and come back where it was.

import type { Test } from 'tap'
import type { DaemonOptions } from '../../discovery/daemon-options.ts'
import type { Daemon } from '../../discovery/daemon.ts'
import { findFreePort } from '../fixtures/free-port.ts'
import { openDaemon } from '../../discovery/daemon.ts'
import type { Engine } from '../../messaging/sp/engine.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'

/** What an instance says of itself, beside its service and id. */
export type Said = Readonly<Record<string, unknown>>

export interface Member {
  /** Says something else from the next question on. */
  say(said: Said): void
  /** Its connection stays, and nothing is answered any more. */
  hang(): void
  /** Its connection is closed, as when its process is killed. */
  kill(): Promise<void>
}

export interface PageFleet {
  readonly url: string
  /** On the roll with one instance, at an address of its own: the first at `http://10.0.0.1:8080`. */
  start(service: string, id: string, said?: Said): Member
  /** On the roll with many at once, over one connection. */
  startMany(instances: readonly Said[]): Member
  stopDaemon(): Promise<void>
  /** At the same ports. */
  startDaemon(): Promise<void>
}

export async function openPageFleet(t: Test, options: DaemonOptions = {}): Promise<PageFleet> {
  const engines = new Set<Engine>()
  const given = { httpHost: '127.0.0.1', host: '127.0.0.1', warmupMs: 0, intervalMs: 100, version: '0.1.0', ...options }
  let daemon: Daemon = await openDaemon({ ...given, port: await findFreePort(), httpPort: await findFreePort() })
  const { httpUrl, spAddress } = daemon
  let started = 0
  t.teardown(async () => {
    for (const engine of engines) await engine.close()
    await daemon.close()
  })

  function startMany(instances: readonly Said[]): Member {
    const engine = createSpEngine()
    engines.add(engine)
    let lines: Buffer | undefined = writeLines(instances)
    const respondent = engine.createRespondent(() => lines)
    engine.dial(spAddress, respondent)
    return {
      hang: () => void (lines = undefined),
      say: (said) => (lines = writeLines(instances.map((instance) => ({ ...instance, ...said })))),
      async kill() {
        engines.delete(engine)
        await engine.close()
      },
    }
  }

  return {
    url: `${httpUrl}/`,
    startMany,
    start(service, id, said) {
      started += 1
      return startMany([{ service, id, address: `http://10.0.0.${started}:8080`, ...said }])
    },
    stopDaemon: () => daemon.close(),
    async startDaemon() {
      const port = Number(new URL(spAddress).port)
      daemon = await openDaemon({ ...given, port, httpPort: Number(new URL(httpUrl).port) })
    },
  }
}

function writeLines(instances: readonly Said[]): Buffer {
  return Buffer.from(instances.map(writeLine).join('\n'))
}

function writeLine({ load, inflight, ...said }: Said): string {
  const dynamic = load === undefined ? '' : `\t${JSON.stringify({ load, inflight })}`
  return JSON.stringify(said) + dynamic
}
