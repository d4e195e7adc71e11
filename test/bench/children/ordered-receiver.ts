// Reads numbered messages with a PULL, stalls at random, and dies of the first that is not the next. Argument: the scheme of the transport.
// Says its port; then, once `{ count }` were there and nothing has come after them for a while, what passed.

import { setTimeout as delay } from 'node:timers/promises'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { listenOptionsOf } from '../preshared.ts'
import { startStopwatch } from '../stopwatch.ts'

const [scheme = 'tcp'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

/** After one in so many messages it does not read, for up to so many milliseconds. */
const [stallEvery, maxStallMs] = [5_000, 10]
/** For one that comes twice. */
const afterwardsMs = 300

const engine = createSpEngine()
const puller = engine.createPuller()
const { address } = await engine.listen(`${scheme}://127.0.0.1:0`, puller, listenOptionsOf(scheme))
process.once('message', (message) => void read(Number(Object(message).count)))
process.send?.({ port: Number(address.split(':').pop()) })

async function read(count: number): Promise<void> {
  const took = startStopwatch()
  let next = 0
  for await (const { body } of puller) {
    const number = body.readUInt32BE()
    if (number !== next) throw new Error(`${scheme}: message ${number} came instead of ${next}`)
    next += 1
    if (Math.random() * stallEvery < 1) await delay(Math.random() * maxStallMs)
    if (next === count) {
      const passed = took()
      setTimeout(() => process.send?.(passed), afterwardsMs)
    }
  }
}
