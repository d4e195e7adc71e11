// A real daemon, real services and a program that calls them by name.

import type { Test } from 'tap'
import t from 'tap'
import type { RollChange } from '../../../messaging/roll/follow/watch.ts'
import { findFreePort } from '../../fixtures/free-port.ts'
import { serveHttp } from '../../fixtures/serve-http.ts'
import { openDaemon } from '../../../discovery/daemon.ts'
import { follow } from '../../../messaging/roll/follow.ts'
import { join } from '../../../messaging/roll/join.ts'

const openLocal = (port: number) => openDaemon({ port, httpPort: 0, httpHost: '127.0.0.1', warmupMs: 0 })

const serve = (t: Test, id: string) => serveHttp(t, (incoming, outgoing) => outgoing.end(`${id} ${incoming.url}`))

t.test('services are resolved, watched and called by name, whatever becomes of the daemons', async (t) => {
  const daemon = await openLocal(await findFreePort())
  const port = Number(/\d+$/.exec(daemon.spAddress)?.[0])
  const discovery = [`127.0.0.1:${port}`]
  const roll = await follow({ env: { DISCOVERY_HOST: discovery[0] } })
  t.teardown(() => roll.close())
  const seen: string[] = []
  const waiting = new Set<() => void>()
  const told = (change: RollChange) =>
    change.type === 'snapshot' ? 'snapshot' : `${change.type} ${change.instance.id}`
  const watched = (async () => {
    for await (const change of roll.watch('web')) {
      seen.push(told(change))
      for (const wake of waiting) wake()
    }
  })()
  const until = (entry: string) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        if (!seen.includes(entry)) return
        waiting.delete(wake)
        resolve()
      }
      waiting.add(wake)
      wake()
    })

  await t.rejects(roll.resolve('web'), { code: 'UNKNOWN_SERVICE' })
  await until('snapshot')
  const servedPort = await serve(t, 'web-1')
  const common = { discovery, service: 'web', protocol: 'http', host: '127.0.0.1' }
  const one = await join({ ...common, id: 'web-1', port: servedPort })
  await until('joined web-1')
  t.match(await roll.resolve('web'), { id: 'web-1', address: `http://127.0.0.1:${servedPort}` })
  const get = async () => (await roll.fetch('http://web.rollcall/now')).text()
  t.equal(await get(), 'web-1 /now')

  // On the roll, and nobody listens there.
  const gone = await join({ ...common, id: 'gone', host: '127.0.0.2', port: servedPort, weight: 1_000 })
  await until('joined gone')
  for (let i = 0; i < 10; i += 1) t.equal(await get(), 'web-1 /now')
  await gone.leave()
  await until('left gone')

  await daemon.close()
  while (roll.daemons > 0) await new Promise(setImmediate)
  t.match(await roll.resolve('web'), { id: 'web-1' })
  t.equal(await get(), 'web-1 /now', 'from what it knew')

  const again = await openLocal(port)
  t.teardown(() => again.close())
  const two = await join({ ...common, id: 'web-2', port: await serve(t, 'web-2') })
  await until('joined web-2')
  const answers = new Set<string>()
  while (answers.size < 2) answers.add(await get())
  t.same([...answers].toSorted(), ['web-1 /now', 'web-2 /now'])
  await Promise.all([one.leave(), two.leave()])
  await until('left web-2')
  await roll.close()
  await watched
})
