// Hints: `ask ID` as a REQ to every daemon, so that a change is seen now and not with the next round. DESIGN.md section 5,
// signal 5. A hint registers nothing and may fail: the round finds out anyway. Failures are counted.

import type { DialOptions, Engine, Pipe, SpSocket } from '../sp/engine.ts'

export interface HintCounts {
  readonly sent: number
  /** No reply in time, no daemon behind the pipe, or one that would not ask. */
  readonly failed: number
}

export interface Hints {
  /** Resolves when every daemon connected now has replied or the hint to it has failed; never rejects. */
  ask(id: string): Promise<void>
  counts(): HintCounts
  readonly socket: SpSocket
  close(): Promise<void>
}

/** Longer than any round trip in one place; a hint that is later than the next round is worth nothing. */
const timeoutMs = 500

export function openHints(engine: Engine, addresses: readonly string[], dial: DialOptions): Hints {
  const requester = engine.createRequester()
  for (const address of addresses) engine.dial(address, requester, dial)
  let sent = 0
  let failed = 0

  async function askOne(id: string, pipe: Pipe): Promise<void> {
    sent += 1
    try {
      const reply = await requester.request(Buffer.from(`ask ${id}`), { pipe, timeoutMs, resend: false })
      if (reply.toString('utf8', 0, 5) === 'error') failed += 1
    } catch {
      failed += 1
    }
  }

  return {
    async ask(id) {
      await Promise.all([...requester.pipes].map((pipe) => askOne(id, pipe)))
    },
    counts: () => ({ sent, failed }),
    socket: requester,
    close: () => requester.close(),
  }
}
