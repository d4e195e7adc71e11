// A daemon in this process on free ports, and providers to put on its roll: what the client commands are tested against.

import type { Test } from 'tap'
import type { Daemon } from '../../discovery/daemon.ts'
import { openDaemon } from '../../discovery/daemon.ts'
import type { DaemonOptions } from '../../discovery/daemon-options.ts'
import type { Engine } from '../../messaging/sp/engine.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'

export interface TestRoll {
  readonly daemon: Daemon
  readonly url: string
  readonly engine: Engine
  /** Puts lines of the answer format on the roll, and waits until the daemon has them. */
  add(...lines: readonly string[]): Promise<void>
  /** A replier on a free port; gives its address. */
  reply(text: string): Promise<string>
}

/** A warm-up of an hour is a daemon that does not know; 1 ms is one that soon does. */
export async function openRoll(t: Test, options: DaemonOptions = {}): Promise<TestRoll> {
  const daemon = await openDaemon({
    host: '127.0.0.1',
    port: 0,
    httpHost: '127.0.0.1',
    httpPort: 0,
    intervalMs: 50,
    warmupMs: 1,
    ...options,
  })
  t.teardown(() => daemon.close())
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const { reader } = daemon

  async function add(...lines: readonly string[]): Promise<void> {
    const joined = new Promise<void>((resolve) => {
      let missing = lines.length
      const unsubscribe = reader.changes.subscribe((change) => {
        if (change.type === 'joined') missing -= 1
        if (missing > 0) return
        unsubscribe()
        resolve()
      })
    })
    const respondent = engine.createRespondent(() => Buffer.from(lines.join('\n')))
    engine.dial(daemon.spAddress, respondent)
    await joined
  }

  async function reply(text: string): Promise<string> {
    const replier = engine.createReplier((body) =>
      Buffer.from(body.length === 0 ? text : `${text} to ${body.toString()}`),
    )
    const listener = await engine.listen('tcp://127.0.0.1:0', replier)
    return listener.address
  }

  return { daemon, url: daemon.httpUrl, engine, add, reply }
}

/** Waits until the daemon would say "nobody" and mean it. */
export async function untilReady({ url }: Pick<TestRoll, 'url'>): Promise<void> {
  const response = await fetch(`${url}/ready`)
  await response.arrayBuffer()
  if (response.status === 200) return
  await new Promise((resolve) => setTimeout(resolve, 20))
  return untilReady({ url })
}
