// What a connection that has come and gone leaves behind. The long form, in bytes, is `npm run bench -- connect-close`.

import type { Pipe } from '../../../messaging/sp/engine.ts'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: unknown = runInNewContext('gc')

t.test('nobody keeps a pipe that was closed, at either end', async (t) => {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  const pipes: WeakRef<Pipe>[] = []
  const onAttach = (pipe: Pipe) => void pipes.push(new WeakRef(pipe))
  const replier = engine.createReplier((body) => body, { onAttach })
  const { address } = await engine.listen('tcp://127.0.0.1:0', replier)
  const cycles = 100
  for (let i = 0; i < cycles; i += 1) {
    const requester = engine.createRequester({ onAttach })
    engine.dial(address, requester)
    await requester.request(Buffer.from('who?'), { timeoutMs: 60_000 })
    await requester.close()
  }
  t.equal(pipes.length, 2 * cycles)
  const kept = () => pipes.filter((pipe) => pipe.deref() !== undefined).length
  if (typeof collectGarbage !== 'function') throw new Error('this Node has no gc')
  // The last few may still be on their way out; a pipe that is kept by somebody is kept for ever.
  for (let tries = 0; tries < 200 && kept() > 4; tries += 1) {
    await new Promise(setImmediate)
    collectGarbage()
  }
  t.ok(kept() <= 4, `${kept()} of ${pipes.length} are kept`)
})
