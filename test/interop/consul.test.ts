// Clients that we did not write, against a daemon with joiners: the npm client of Consul's API, and curl at the stream.

import t from 'tap'
import type { Test } from 'tap'
import Consul from 'consul'
import { openDaemon } from '../../discovery/daemon.ts'
import { join } from '../../messaging/roll/join.ts'
import { requireTool } from '../fixtures/require-tool.ts'
import { run } from './program.ts'

interface Entry {
  readonly Service: { readonly ID: string; readonly Address: string; readonly Port: number; readonly Tags: string[] }
}

async function open(t: Test) {
  const daemon = await openDaemon({ host: '127.0.0.1', port: 0, httpPort: 0, httpHost: '127.0.0.1', warmupMs: 0 })
  t.teardown(() => daemon.close())
  const discovery = [daemon.spAddress]
  async function joinAs(service: string, id: string, port: number, tags: readonly string[] = []) {
    const membership = await join({ discovery, service, id, host: '10.0.0.7', port, tags })
    t.teardown(() => membership.close())
    return membership
  }
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const untilHere = (...ids: string[]) =>
    until(() => {
      const { reader } = daemon
      const here = new Set(reader.services().flatMap((name) => reader.instances(name).map(({ id }) => id)))
      return reader.isReady && ids.every((id) => here.has(id))
    })
  return { daemon, joinAs, until, untilHere }
}

const idsOf = (entries: readonly Entry[]) => entries.map(({ Service }) => Service.ID).toSorted()

t.test(
  'the npm client of Consul finds who is here, waits for changes, and is told why it cannot register',
  async (t) => {
    const { daemon, joinAs, until, untilHere } = await open(t)
    const { hostname, port } = new URL(daemon.httpUrl)
    const consul = new Consul({ host: hostname, port: Number(port) })
    t.teardown(() => consul.destroy())
    await joinAs('web', 'web-1', 8080, ['blue', 'canary'])
    const second = await joinAs('web', 'web-2', 8081, ['blue'])
    await joinAs('answer', 'answer-1', 9000)
    await untilHere('web-1', 'web-2', 'answer-1')

    t.same(await consul.catalog.service.list(), { answer: [], web: ['blue', 'canary'] })
    t.match(await consul.catalog.service.nodes('web'), [
      { ServiceID: 'web-1', ServiceAddress: '10.0.0.7', ServicePort: 8080, ServiceTags: ['blue', 'canary'] },
      { ServiceID: 'web-2', ServiceAddress: '10.0.0.7', ServicePort: 8081, ServiceTags: ['blue'] },
    ])
    t.match(await consul.catalog.node.list(), [{ Node: '10.0.0.7', Address: '10.0.0.7' }])
    t.same(await consul.catalog.datacenters(), ['dc1'])
    second.update({ status: 'critical', tags: ['blue'] })
    await until(() => daemon.reader.instances('web').some(({ status }) => status === 'critical'))
    t.same(idsOf(await consul.health.service({ service: 'web' })), ['web-1', 'web-2'])
    t.same(idsOf(await consul.health.service({ service: 'web', passing: true })), ['web-1'])
    t.same(idsOf(await consul.health.service({ service: 'web', tag: 'canary' })), ['web-1'])
    t.match(await consul.health.state('critical'), [{ ServiceID: 'web-2' }])
    t.match(await consul.health.checks('answer'), [{ ServiceID: 'answer-1', ServiceName: 'answer' }])
    const refused = consul.agent.service.register({ name: 'web', port: 1 }).catch((error: unknown) => error)
    t.match(await refused, { statusCode: 405, response: { body: { message: /cannot be written/ } } })

    const lists: string[][] = []
    const failures: unknown[] = []
    const method = (options: { service: string }) => consul.health.service(options)
    const watch = consul.watch({ method, options: { service: 'web', wait: '60s' } })
    t.teardown(() => watch.end())
    watch.on('change', (entries: Entry[]) => void lists.push(idsOf(entries)))
    watch.on('error', (error: unknown) => void failures.push(error))
    const untilTold = (...ids: string[]) => until(() => lists.at(-1)?.join() === ids.join())
    await untilTold('web-1', 'web-2')
    const third = await joinAs('web', 'web-3', 8082)
    await untilTold('web-1', 'web-2', 'web-3')
    await third.leave()
    await untilTold('web-1', 'web-2')
    t.same(failures, [])
  },
)

t.test('curl sees the snapshot, who joins and who leaves', async (t) => {
  if (!requireTool(t, 'curl', 'curl')) return
  const { daemon, joinAs, untilHere } = await open(t)
  await joinAs('web', 'web-1', 8080)
  await untilHere('web-1')
  const curl = run(t, 'curl', '-sN', `${daemon.httpUrl}/watch`)
  t.match(await curl.printed('web-1'), /event: snapshot\nid: [^\n]+\ndata: .*"id":"web-1"/)
  const second = await joinAs('web', 'web-2', 8081)
  t.match(await curl.printed('event: joined'), /event: joined/)
  await second.leave()
  await curl.printed('event: left')
  const types = [...(await curl.printed('event: left')).matchAll(/^event: (\w+)$/gm)].map(([, type]) => type)
  t.same(
    types.filter((type) => ['snapshot', 'joined', 'left'].includes(type ?? '')),
    ['snapshot', 'joined', 'left'],
  )
})
