// A daemon with its DNS door on a free port of loopback, and providers that join and leave: what foreign clients are tested on.

import type { Test } from 'tap'
import { openDaemon } from '../../discovery/daemon.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'

export interface DnsFleet {
  readonly port: number
  /** On the roll when this resolves; the function that comes back takes them off it. */
  join(...lines: string[]): Promise<() => Promise<void>>
}

export async function openDnsFleet(t: Test): Promise<DnsFleet> {
  const daemon = await openDaemon({
    host: '127.0.0.1',
    port: 0,
    httpHost: '127.0.0.1',
    httpPort: 0,
    dnsHost: '127.0.0.1',
    dnsPort: 0,
    warmupMs: 0,
  })
  const engine = createSpEngine()
  t.teardown(() => Promise.all([engine.close(), daemon.close()]))
  const { changes } = daemon.reader

  function untilSeen(type: 'joined' | 'left', count: number): Promise<void> {
    return new Promise((resolve) => {
      let left = count
      const stop = changes.subscribe((change) => {
        if (change.type === type) left -= 1
        if (left > 0) return
        stop()
        resolve()
      })
    })
  }

  return {
    port: Number(daemon.dnsAddress?.split(':').at(-1)),
    async join(...lines) {
      const joined = untilSeen('joined', lines.length)
      const respondent = engine.createRespondent(() => Buffer.from(lines.join('\n')))
      engine.dial(daemon.spAddress, respondent)
      await joined
      return async () => {
        const left = untilSeen('left', lines.length)
        await respondent.close()
        await left
      }
    },
  }
}
