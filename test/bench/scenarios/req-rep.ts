// A request of 64 bytes and its reply, one at a time, between two processes.

import type { Child } from '../child.ts'
import type { Scenario } from '../scenario.ts'
import { openEngine } from '../../../messaging/sp/index.ts'
import { dialBare, onBareFrames, writeBareFrame } from '../bare.ts'
import { startChild } from '../child.ts'
import { atMost } from '../scenario.ts'
import { median, percentile, spread } from '../statistics.ts'

const body = Buffer.alloc(64, 'x')

type Exchange = () => Promise<unknown>

interface Contender {
  readonly kind: string
  readonly child: Child
  readonly exchange: Exchange
  readonly samples: number[]
}

async function openEngineExchange(name: 'sp' | 'nanomsg', port: number): Promise<Exchange> {
  const engine = await openEngine(name)
  const requester = engine.createRequester()
  engine.dial(`tcp://127.0.0.1:${port}`, requester)
  return () => requester.request(body, { timeoutMs: 5_000 })
}

function openBareExchange(port: number): Exchange {
  const socket = dialBare(port)
  let onReply: (body: Buffer) => void = () => {}
  onBareFrames(socket, (_id, reply) => onReply(reply))
  return () =>
    new Promise((resolve) => {
      onReply = resolve
      socket.write(writeBareFrame(0x80000001, body))
    })
}

export const reqRep: Scenario = {
  name: 'req-rep',
  description: '64 bytes there and back, one at a time, between two processes',
  async run({ isQuick }) {
    const kinds = ['sp', 'bare', 'nanomsg'] as const
    const contenders: Contender[] = []
    for (const kind of kinds) {
      const child = startChild('replier', [kind])
      const { port } = await child.next()
      const exchange = kind === 'bare' ? openBareExchange(Number(port)) : await openEngineExchange(kind, Number(port))
      await exchange()
      contenders.push({ kind, child, exchange, samples: [] })
    }
    const [rounds, perRound] = isQuick ? [3, 200] : [40, 1_000]
    for (let round = 0; round < rounds; round += 1)
      for (const { exchange, samples } of contenders)
        for (let i = 0; i < perRound; i += 1) {
          const startedAtMs = performance.now()
          await exchange()
          // The first round warms up.
          if (round > 0) samples.push((performance.now() - startedAtMs) * 1_000)
        }
    for (const { child } of contenders) await child.kill()
    const medianOf = (kind: string) => median(contenders.find((contender) => contender.kind === kind)?.samples ?? [])
    return {
      rows: contenders.flatMap(({ kind, samples }) => [
        {
          what: `${kind}, median`,
          value: median(samples),
          unit: 'µs',
          spread: spread(samples),
          samples: samples.length,
        },
        { what: `${kind}, 99th percentile`, value: percentile(samples, 0.99), unit: 'µs', samples: samples.length },
      ]),
      verdicts: [
        atMost('rollcall by bare', medianOf('sp') / medianOf('bare'), 1.3),
        atMost('rollcall by npm nanomsg', medianOf('sp') / medianOf('nanomsg'), 0.5),
      ],
    }
  },
}
