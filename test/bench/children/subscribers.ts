// So many subscribers in one process: SUB on our engine, or bare sockets. Arguments: `sp` or `bare`, the port, how many, and how many
// prefixes each subscribes to (0: everything). For each `{ count }`, forgets what was heard, and says what passes from the first message to the
// last of so many, over all of them; for each `{}`, how many were heard.

import type { Took } from '../stopwatch.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { dialBare, onBareFrames } from '../bare.ts'
import { startStopwatch } from '../stopwatch.ts'
import { prefixOf } from '../topics.ts'

const [kind = 'sp', port = '0', subscribers = '1', prefixes = '0'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

let wanted = 0
let heard = 0
let took: () => Took = startStopwatch()

function onMessage(): void {
  if (heard === 0) took = startStopwatch()
  heard += 1
  if (heard === wanted) process.send?.(took())
}

process.on('message', (message) => {
  const { count }: { readonly count?: number } = Object(message)
  if (count === undefined) process.send?.({ heard })
  else {
    wanted = count
    heard = 0
    process.send?.({})
  }
})

const engine = createSpEngine()
for (let i = 0; i < Number(subscribers); i += 1) {
  if (kind === 'bare') onBareFrames(dialBare(Number(port)), onMessage)
  else {
    const subscriber = engine.createSubscriber({ onMessage })
    if (prefixes === '0') subscriber.subscribe('')
    for (let topic = 0; topic < Number(prefixes); topic += 1) subscriber.subscribe(prefixOf(topic))
    engine.dial(`tcp://127.0.0.1:${port}`, subscriber)
  }
}
process.send?.({})
