// One roll, asked through every door: whom each hands out is the same, and so is what each tells of everyone.

import t from 'tap'
import type { Test } from 'tap'
import { createResponder } from '../../../discovery/lookup/dns/responder.ts'
import { openHttpDoor } from '../../../discovery/lookup/http/http-door.ts'
import { createFeed } from '../../../discovery/lookup/sp/feed.ts'
import { createSpLookup } from '../../../discovery/lookup/sp/sp-lookup.ts'
import { readAnswer } from '../../../messaging/roll/answer.ts'
import { ask as askDns } from '../../fixtures/dns.ts'
import { openEvents } from '../../fixtures/event-source.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'
import { createLiveRoll } from '../../fixtures/live-roll.ts'

interface Teller {
  readonly service: string
  readonly id: string
  readonly host: string
  readonly port: number
  readonly zone: string
  readonly version: string
  readonly tags: readonly string[]
}

const describe = ({ service, id, host, port, zone, version, tags }: Teller) =>
  `${service}/${id} ${host}:${port} ${zone} ${version} ${tags.join(',')}`

/** More than enough for chance to hand out each of a few. */
const draws = 64

async function open(t: Test) {
  const live = createLiveRoll()
  const { reader } = live
  const door = await openHttpDoor({ reader, host: '127.0.0.1', port: 0 })
  t.teardown(() => door.close())
  const feed = createFeed(reader, createFakeClock())
  t.teardown(() => feed.close())
  const spLookup = createSpLookup(reader, feed)
  const respond = createResponder({ reader, domain: 'rollcall', random: Math.random, ownAddresses: [] })

  async function get(path: string) {
    const response = await fetch(door.url + path)
    // oxlint-disable-next-line typescript/no-explicit-any
    const body: any = await response.json()
    return { status: response.status, body }
  }
  async function askSp(question: string): Promise<string> {
    const answer = await spLookup(Buffer.from(question), { pipe: undefined, signal: new AbortController().signal })
    return Buffer.from(answer ?? []).toString()
  }
  async function draw(once: () => Promise<string | undefined>): Promise<string[]> {
    const drawn = await Promise.all(Array.from({ length: draws }, once))
    return [...new Set(drawn.filter((address) => address !== undefined))].toSorted()
  }
  async function readSnapshot(path: string): Promise<Teller[]> {
    const events = await openEvents(door.url + path)
    const { type, data } = await events.next()
    events.close()
    if (type !== 'snapshot') throw new Error(`${path} begins with ${type}`)
    return data.instances
  }

  /** host:port of whom each door hands out for a name. */
  const handOut: Readonly<Record<string, (service: string) => Promise<string[]>>> = {
    '/resolve': (service) =>
      draw(async () => {
        const { status, body } = await get(`/resolve/${service}`)
        return status === 200 ? `${body.host}:${body.port}` : undefined
      }),
    'resolve over SP': (service) =>
      draw(async () => {
        const answer = await askSp(`resolve ${service}`)
        return answer.startsWith('error ') ? undefined : answer.replace(`${service}|tcp://`, '')
      }),
    'Consul ?passing': async (service) => {
      const { body } = await get(`/v1/health/service/${service}?passing`)
      return body.map(({ Service }: { Service: { Address: string; Port: number } }) => {
        return `${Service.Address}:${Service.Port}`
      })
    },
    SRV: (service) => {
      const { answers, additionals } = askDns(respond, {
        name: `${service}.service.rollcall`,
        type: 'SRV',
        transport: 'tcp',
      })
      const addresses = new Map(additionals.map((record) => [record.name, Object(record).data]))
      return Promise.resolve(
        answers.map((record) => {
          const { target, port } = Object(record).data
          return `${addresses.get(target)}:${port}`
        }),
      )
    },
  }

  /** What each door tells of everyone of a name. */
  const tellAll: Readonly<Record<string, (service: string) => Promise<Teller[]>>> = {
    '/services/:service': async (service) => (await get(`/services/${service}`)).body.instances ?? [],
    '/watch': async (service) => (await readSnapshot('/watch')).filter((instance) => instance.service === service),
    '/watch/:service': (service) => readSnapshot(`/watch/${service}`),
    'services over SP': async (service) => {
      const answer = await askSp(`services ${service}`)
      if (answer.startsWith('error unknown-service ')) return []
      return readAnswer(Buffer.from(answer)).lines.map(({ provider }) => ({ ...provider, id: provider.id ?? '' }))
    },
    'Consul health': async (service) => {
      // oxlint-disable-next-line typescript/no-explicit-any
      return (await get(`/v1/health/service/${service}`)).body.map(({ Service }: any) => ({
        service: Service.Service,
        id: Service.ID,
        host: Service.Address,
        port: Service.Port,
        zone: Service.Meta.zone ?? '',
        version: Service.Meta.version ?? '',
        tags: Service.Tags,
      }))
    },
    '/sd/prometheus': async (service) => {
      // oxlint-disable-next-line typescript/no-explicit-any
      return (await get(`/sd/prometheus?service=${service}`)).body.map(({ targets, labels }: any) => {
        const read = (label: string): string => labels[`__meta_rollcall_${label}`]
        const [host, port] = targets[0].split(':')
        return {
          service: read('service'),
          id: read('id'),
          host,
          port: Number(port),
          zone: read('zone'),
          version: read('version'),
          tags: read('tags')
            .split(',')
            .filter((tag) => tag !== ''),
        }
      })
    },
  }

  async function check(t: Test, service: string, expected: { readonly best: string[]; readonly everyone: number }) {
    const best = expected.best.map((id) => `10.0.1.${id}:80${id}`)
    for (const [name, ask] of Object.entries(handOut))
      t.same((await ask(service)).toSorted(), best, `${name}: ${service}`)
    const everyone = reader.instances(service).map(describe).toSorted()
    t.equal(everyone.length, expected.everyone)
    for (const [name, ask] of Object.entries(tellAll))
      t.same((await ask(service)).map(describe).toSorted(), everyone, `${name}: ${service}`)
  }

  /** One that is at 10.0.1.N:80N. */
  const join = (id: string, fields: Readonly<Record<string, unknown>> = {}) =>
    live.join(id, { address: `tcp://10.0.1.${id}:80${id}`, ...fields })
  return { ...live, join, check, get }
}

t.test('every door hands out the same, and tells the same of everyone', async (t) => {
  const { roll, join, check, get } = await open(t)
  const first = join('11', { zone: 'eu-1a', version: '1.2.0', tags: ['blue', 'canary'], meta: { commit: 'abc' } })
  const second = join('12', { zone: 'eu-1b', tags: ['blue'] })
  join('13', { status: 'warning' })
  join('14', { status: 'critical' })
  join('15', { status: 'draining' })
  join('16', { weight: 0 })
  join('21', { service: 'slow', status: 'warning' })
  join('22', { service: 'slow', status: 'critical' })
  join('31', { service: 'down', status: 'critical' })
  join('32', { service: 'down', status: 'draining' })

  await check(t, 'web', { best: ['11', '12'], everyone: 6 })
  await check(t, 'slow', { best: ['21'], everyone: 2 })
  await check(t, 'down', { best: [], everyone: 2 })
  await check(t, 'nobody', { best: [], everyone: 0 })
  t.same(
    (await get('/services')).body.services.map(({ service }: { service: string }) => service),
    Object.keys((await get('/v1/catalog/services')).body).toSorted(),
  )

  roll.detach(first)
  await check(t, 'web', { best: ['12'], everyone: 6 })
  roll.hear(second, '')
  await check(t, 'web', { best: ['16'], everyone: 5 })
})

t.test('when all are suspects, every door hands out the same suspects', async (t) => {
  const { roll, join, check } = await open(t)
  const pipes = [join('11'), join('12'), join('13', { status: 'draining' })]
  for (const pipe of pipes) roll.detach(pipe)
  await check(t, 'web', { best: ['11', '12'], everyone: 3 })
})
