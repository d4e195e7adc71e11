// A provider or an observer of one system, in a process of its own. Arguments: the file of the peer, and its address. Messages:
// `{ provide: id }` and `{ leave: id }` say when it was begun; `{ provideAll: ids }` that all are there; `{ observe: true }` that it does;
// `{ seen: id, withinMs }`, `{ unseen: id, withinMs }` and `{ complete: count, withinMs }` when that became so (`{ lookUp: ms }`: how many
// lookups were answered meanwhile). Each may have a `number`, which its answer has as well. Times are milliseconds since 1970.

import type { PeerObserver, PeerProvider } from '../peers/discovery/peer.ts'
import { createSightings } from '../discovery/sightings.ts'
import { isPeerFile, loadPeer } from '../peers/discovery/peers.ts'

const [file = '', address = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

/** Lookups under way at once. */
const inFlight = 16

if (!isPeerFile(file)) throw new Error(`no such peer: ${file}`)
const peer = await loadPeer(file)
const providers = new Map<string, PeerProvider>()
const sightings = createSightings(() => performance.timeOrigin + performance.now())
let observer: PeerObserver | undefined

process.on('message', (message) => {
  const { number } = Object(message)
  void answer(Object(message)).then(
    (told) => process.send?.({ ...told, number }),
    (error: unknown) => process.send?.({ error: String(error), number }),
  )
})
process.send?.({ ready: true })

async function answer(message: Record<string, unknown>): Promise<object> {
  const { provide, leave, provideAll, observe, seen, unseen, complete, lookUp } = message
  const withinMs = Number(message['withinMs'])
  const atMs = performance.timeOrigin + performance.now()
  if (typeof provide === 'string') {
    void peer.provide(address, provide).then((provider) => providers.set(provide, provider), failed)
    return { atMs }
  }
  if (typeof leave === 'string') {
    void providers.get(leave)?.leave().catch(failed)
    providers.delete(leave)
    return { atMs }
  }
  if (Array.isArray(provideAll)) {
    for (const id of provideAll.map(String)) providers.set(id, await peer.provide(address, id))
    return { atMs }
  }
  if (observe) {
    observer = await peer.observe(address, (ids) => sightings.are(ids))
    return { atMs }
  }
  if (typeof seen === 'string') return { atMs: await sightings.seen(seen, withinMs) }
  if (typeof unseen === 'string') return { atMs: await sightings.unseen(unseen, withinMs) }
  if (typeof complete === 'number') return { atMs: await sightings.complete(complete, withinMs) }
  if (typeof lookUp === 'number' && observer) return { lookups: await lookUpFor(observer, lookUp) }
  throw new Error(`not understood: ${JSON.stringify(message)}`)
}

function failed(error: unknown): void {
  console.error(`${file}: ${String(error)}`)
}

async function lookUpFor(by: PeerObserver, ms: number): Promise<number> {
  const endMs = performance.now() + ms
  let lookups = 0
  const run = async () => {
    while (performance.now() < endMs) {
      await by.lookUp()
      lookups += 1
    }
  }
  await Promise.all(Array.from({ length: inFlight }, run))
  return lookups
}
