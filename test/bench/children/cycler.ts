// Connects, asks, and closes, over and over, both ends in this process. Argument: the scheme of the transport. For each `{ cycles }`, does so many, and
// gives the memory in use after a collection of garbage. Run with --expose-gc.

import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { dialOptionsOf, listenOptionsOf } from '../preshared.ts'

const [scheme = 'tcp'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const engine = createSpEngine()
const replier = engine.createReplier((body) => body)
const { address } = await engine.listen(`${scheme}://127.0.0.1:0`, replier, listenOptionsOf(scheme))
const question = Buffer.from('who?')

process.on('message', (message) => void cycle(Number(Object(message).cycles)))
process.send?.({})

async function cycle(cycles: number): Promise<void> {
  for (let i = 0; i < cycles; i += 1) {
    const requester = engine.createRequester()
    engine.dial(address, requester, dialOptionsOf(scheme))
    await requester.request(question, { timeoutMs: 10_000 })
    await requester.close()
  }
  for (let i = 0; i < 3; i += 1) globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  process.send?.({ rss, heap: heapUsed + external })
}
