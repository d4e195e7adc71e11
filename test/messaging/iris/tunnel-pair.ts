// Two hosts of tunnels, each with a port to the other in memory: frames are delivered a turn of the event loop later, can be held back, and the peer
// can be lost.

import type { FakeClock } from '../../fixtures/fake-clock.ts'
import type { TunnelHostOptions } from '../../../messaging/iris/tunnel/tunnel-host.ts'
import { TunnelHost } from '../../../messaging/iris/tunnel/tunnel-host.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'

interface FakePort {
  send(header: Uint8Array, body: Uint8Array): void
  readonly queuedBytes: number
  onDrained(run: () => void): void
}

export interface TunnelPair {
  readonly clock: FakeClock
  readonly caller: TunnelHost
  readonly member: TunnelHost
  /** Everything sent, by the first byte, in order. */
  readonly kinds: number[]
  readonly maxQueuedBytes: number
  readonly violations: string[]
  isHeld: boolean
  release(): void
  lose(reason: string): void
}

export function createTunnelPair(
  onOpen: TunnelHostOptions['onOpen'],
  limits: NonNullable<TunnelHostOptions['limits']> = {},
): TunnelPair {
  const clock = createFakeClock()
  const kinds: number[] = []
  const violations: string[] = []
  let isLost = false
  let maxQueuedBytes = 0
  const flushes: (() => void)[] = []

  function createPort(peer: () => TunnelHost, own: () => TunnelHost): FakePort {
    let queue: Buffer[] = []
    let queuedBytes = 0
    let isScheduled = false
    const flush = () => {
      isScheduled = false
      if (isLost || pair.isHeld) return
      const due = queue
      queue = []
      queuedBytes = 0
      for (const message of due) peer().frame(message[0] ?? 0, message)
      own().drained()
    }
    flushes.push(flush)
    return {
      send(header, body) {
        const message = Buffer.concat([header, body])
        kinds.push(message[0] ?? 0)
        queue.push(message)
        queuedBytes += message.length
        maxQueuedBytes = Math.max(maxQueuedBytes, queuedBytes)
        if (!isScheduled) setImmediate(flush)
        isScheduled = true
      },
      get queuedBytes() {
        return queuedBytes
      },
      onDrained: () => {},
    }
  }

  const onViolation = (what: string) => void violations.push(what)
  const shared = { clock, limits, onOpen, onViolation }
  const caller: TunnelHost = new TunnelHost({
    ...shared,
    side: 'dialled',
    port: createPort(
      () => member,
      () => caller,
    ),
  })
  const member: TunnelHost = new TunnelHost({
    ...shared,
    side: 'accepted',
    port: createPort(
      () => caller,
      () => member,
    ),
  })
  const pair = {
    clock,
    caller,
    member,
    kinds,
    violations,
    get maxQueuedBytes() {
      return maxQueuedBytes
    },
    isHeld: false,
    release() {
      pair.isHeld = false
      for (const flush of flushes) flush()
    },
    lose(reason: string) {
      isLost = true
      caller.gone(reason)
      member.gone(reason)
    },
  }
  return pair
}
